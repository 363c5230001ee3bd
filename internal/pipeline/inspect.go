package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/codec"
	"github.com/loaderline/loaderline/internal/deadletter"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/registry"
	"github.com/loaderline/loaderline/internal/tlsfiles"
	"github.com/loaderline/loaderline/internal/topicread"
)

// Inspector decodes records of a pipeline's topics for people. Records of the input, retry and dead-letter topics are as the file says; those
// of others are decoded if they have the ID of a schema. It is for one goroutine.
type Inspector struct {
	file      *pipelinefile.File
	registry  firstPing
	undecoded func(error)

	values, keys *codec.Decoder // of inputs; nil: they have no schema
	others       *codec.Decoder // of values elsewhere; nil: there is no registry
}

// inspectGrace is for how long an unknown ID is looked for again. The records were written before.
const inspectGrace = time.Second

// NewInspector returns an Inspector, which has not connected yet. undecoded is called with the first error of a record that cannot be
// decoded. Mistakes are *strictyaml.Errors.
func NewInspector(file *pipelinefile.File, watch *tlsfiles.Watch, undecoded func(error)) (*Inspector, error) {
	client, err := OpenRegistry(file, watch)
	if err != nil {
		return nil, err
	}
	i := &Inspector{file: file, registry: firstPing{client: client}, undecoded: undecoded}
	if i.values, err = i.decoder(schemaid.Value); err != nil {
		return nil, err
	}
	if i.keys, err = i.decoder(schemaid.Key); err != nil {
		return nil, err
	}
	if client != nil {
		i.others = codec.NewDecoder(codec.Config{AnyFormat: true, Registry: client, Grace: inspectGrace})
	}
	return i, nil
}

func (i *Inspector) decoder(part schemaid.Part) (*codec.Decoder, error) {
	cfg, err := codecConfig(i.file, part, i.registry.client)
	if err != nil || cfg == nil {
		return nil, err
	}
	cfg.Grace = inspectGrace
	return codec.NewDecoder(*cfg), nil
}

// Close ends the connections.
func (i *Inspector) Close() {
	if i.registry.client != nil {
		i.registry.client.Close()
	}
}

// Decode decodes a record. What cannot be decoded is empty in the result. The error is that of the registry: an *UnreachableError or a
// *strictyaml.Error.
func (i *Inspector) Decode(ctx context.Context, r *kgo.Record) (d topicread.Decoded, err error) {
	values, keys, guess := i.values, i.keys, false
	if !i.asInput(r.Topic) {
		values, guess = i.others, true
		if i.file.Output.HasKey || !slices.Contains(i.file.OutputTopics(), r.Topic) {
			keys = nil
		}
	}
	if d.Value, err = i.part(ctx, values, r, "value", r.Value, guess); err != nil {
		return d, err
	}
	d.Key, err = i.part(ctx, keys, r, "key", r.Key, false)
	return d, err
}

// asInput reports whether records of a topic are written as those of the input.
func (i *Inspector) asInput(topic string) bool {
	dead := i.file.DeadLetter.Topic
	return topic == dead || topic == deadletter.ParkingTopic(dead) || slices.Contains(i.file.Consumed(), topic)
}

// part decodes a part of a record. If it is a guess that a schema was used, what cannot be decoded is no error.
func (i *Inspector) part(ctx context.Context, d *codec.Decoder, r *kgo.Record, name string, data []byte, guess bool) (topicread.Part, error) {
	if d == nil || data == nil {
		return topicread.Part{}, nil
	}
	id := d.ID(data, r.Headers)
	if guess && id == (schemaid.ID{}) {
		return topicread.Part{}, nil
	}
	if id != (schemaid.ID{}) {
		if err := i.registry.ping(ctx); err != nil {
			return topicread.Part{}, RegistryError(i.file, err)
		}
	}
	if err := d.Prepare(ctx, []*kgo.Record{r}); err != nil {
		return topicread.Part{}, RegistryError(i.file, err)
	}
	v, err := d.Decode(nil, data, r.Headers)
	switch {
	case err == nil:
		return topicread.Part{JSON: v.JSON, Schema: id}, nil
	case guess && errors.Is(err, registry.ErrUnknownID):
		return topicread.Part{}, nil // The bytes look like an ID by chance.
	case i.undecoded != nil:
		i.undecoded(fmt.Errorf("topic %s partition %d offset %d: the %s cannot be decoded: %w", r.Topic, r.Partition, r.Offset, name, err))
		i.undecoded = nil
	}
	return topicread.Part{Schema: id}, nil
}

// firstPing asks a registry once whether it answers, before the first ID is looked for: that fails at once, and Prepare only after more
// tries.
type firstPing struct {
	client   *registry.Client // nil: there is none
	answered bool
}

func (f *firstPing) ping(ctx context.Context) error {
	if f.client == nil || f.answered {
		return nil
	}
	err := f.client.Ping(ctx)
	f.answered = err == nil
	return err
}

// RegistryError says what an error of the registry means for a command: a mistake in the file is a *strictyaml.Error, and a registry that is
// away an *UnreachableError.
func RegistryError(file *pipelinefile.File, err error) error {
	if away, is := errors.AsType[*UnreachableError](err); is && away.Source == registryName {
		err = away.Err
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, registry.ErrUnauthorized):
		return file.Errorf("registry", "%v", err)
	case errors.Is(err, registry.ErrWrongURL):
		return file.Errorf("registry.url", "%v", err)
	case errors.Is(err, registry.ErrAway):
		return &UnreachableError{Source: registryName, Err: err}
	}
	return err
}
