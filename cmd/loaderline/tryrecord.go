package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/cli"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/recordtime"
	"github.com/loaderline/loaderline/internal/strictyaml"
)

// recordFlags are the flags for the parts of a Kafka record beside its value.
type recordFlags struct {
	key, topic string
	headers    headers
	timestamp  timestamp
}

func (f *recordFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.key, "key", "", "the record's `key`; without it the record has none")
	flags.Var(&f.headers, "header", "a `NAME=VALUE` header of the record; repeat it for more")
	flags.Var(&f.timestamp, "timestamp", "the record's `time`, such as 2026-11-24T08:00:00Z, instead of now")
	flags.StringVar(&f.topic, "topic", "", "the record's `topic`, instead of the first input topic")
}

// record returns a record with the flags' parts.
func (f *recordFlags) record(flags *pflag.FlagSet) kgo.Record {
	r := kgo.Record{Topic: f.topic, Headers: slices.Clip(f.headers), Timestamp: f.timestamp.Time}
	if flags.Changed("key") {
		r.Key = []byte(f.key)
	}
	return r
}

// inputTopic returns the input topic that was named, or the first one if none was.
func inputTopic(topics []string, named string) (string, error) {
	switch {
	case named == "":
		return topics[0], nil
	case slices.Contains(topics, named):
		return named, nil
	}
	hint := "input.topics has " + strings.Join(topics, ", ")
	if near, ok := strictyaml.Nearest(named, topics); ok {
		hint = "did you mean " + near + "?"
	}
	return "", cli.Usagef("--topic: %q is not an input topic; %s", named, hint)
}

// encodeTrial encodes the key of a record that is tried, if keys have a schema, and returns what encodes the values of its events.
func (l *loaded) encodeTrial(ctx context.Context, r *kgo.Record, message string) (func([]byte) ([]byte, error), error) {
	file := l.layout.File
	client, err := pipeline.OpenRegistry(file, l.certificates)
	if err != nil {
		return nil, err
	}
	if client != nil {
		defer client.Close()
	}
	if r.Key != nil {
		keys, err := pipeline.Encoder(ctx, file, client, pipeline.EncoderConfig{Part: schemaid.Key, Topic: r.Topic})
		if err != nil {
			return nil, err
		}
		if keys != nil {
			if r.Key, err = keys.Encode(r.Key); err != nil {
				return nil, cli.Usagef("--key: it is JSON for key_format %s, and cannot be encoded: %v", file.Input.KeyFormat, err)
			}
		}
	}
	values, err := pipeline.Encoder(ctx, file, client, pipeline.EncoderConfig{Part: schemaid.Value, Topic: r.Topic, Message: message})
	if err != nil || values == nil {
		return func(event []byte) ([]byte, error) { return event, nil }, err
	}
	return values.Encode, nil
}

// headers is a flag that adds a header each time.
type headers []kgo.RecordHeader

func (h *headers) String() string { return "" }
func (h *headers) Type() string   { return "NAME=VALUE" }

func (h *headers) Set(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return fmt.Errorf("%q is not a header; write its name and value, such as tenant=acme", text)
	}
	*h = append(*h, kgo.RecordHeader{Key: name, Value: []byte(value)})
	return nil
}

// timestamp is a flag with the timestamp of a record; the zero time is none.
type timestamp struct{ time.Time }

func (t *timestamp) String() string { return "" }
func (t *timestamp) Type() string   { return "time" }

func (t *timestamp) Set(text string) (err error) {
	t.Time, err = recordtime.Parse(text)
	return err
}
