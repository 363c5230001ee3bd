package codec_test

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/codec"
	"github.com/loaderline/loaderline/internal/devregistry/devregistrytest"
	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/registry"
)

const (
	eventAvro  = `{"type":"record","name":"Event","fields":[{"name":"user_id","type":"long"},{"name":"note","type":"string"}]}`
	eventProto = "syntax = \"proto3\";\npackage shop;\nmessage Other { int32 x = 1; }\nmessage Event { int64 user_id = 1; string note = 2; }\n"
	eventJSON  = `{"type":"object","properties":{"user_id":{"type":"integer"}}}`
)

func startRegistry(t *testing.T) *registry.Client {
	t.Helper()
	_, client := devregistrytest.Start(t)
	for subject, s := range map[string]registry.Schema{
		"avro": {Type: registry.Avro, Text: eventAvro}, "proto": {Type: registry.Protobuf, Text: eventProto}, "json": {Type: registry.JSON, Text: eventJSON},
	} {
		if _, err := client.Register(t.Context(), subject, &s, false); err != nil {
			t.Fatal(err)
		}
	}
	return client
}

// What a PartEncoder makes, a Decoder reads, and the value that it returns makes the same of other text.
func TestEncodeDecodeEncode(t *testing.T) {
	client := startRegistry(t)
	const first, second = `{"user_id":7,"note":"a"}`, `{"user_id":8,"note":"bc"}`
	for name, c := range map[string]struct {
		cfg     codec.Config
		subject string
		bad     string // what the error about {"user_id":"x"} has
	}{
		"Avro":               {codec.Config{Format: format.Avro}, "avro", "field user_id"},
		"Protobuf":           {codec.Config{Format: format.Protobuf}, "proto", "field user_id"},
		"JSON Schema":        {codec.Config{Format: format.JSONSchema}, "json", "user_id"},
		"Avro, Apicurio":     {codec.Config{Format: format.Avro, Prefix: schemaid.Apicurio8Byte}, "avro", "field user_id"},
		"Protobuf, Apicurio": {codec.Config{Format: format.Protobuf, Prefix: schemaid.Apicurio8Byte}, "proto", "field user_id"},
	} {
		t.Run(name, func(t *testing.T) {
			c.cfg.Registry = client
			message := ""
			if c.cfg.Format == format.Protobuf {
				message = "shop.Event"
			}
			encoder, err := codec.NewPartEncoder(t.Context(), c.cfg, c.subject, message)
			if err != nil {
				t.Fatal(err)
			}
			decoder := codec.NewDecoder(c.cfg)
			data, err := encoder.Encode([]byte(first))
			if err != nil {
				t.Fatal(err)
			}
			if err := decoder.Prepare(t.Context(), []*kgo.Record{{Value: data}}); err != nil {
				t.Fatal(err)
			}
			v, err := decoder.Decode(nil, data, nil)
			if err != nil || string(v.JSON) != first {
				t.Fatalf("decoded %s, %v, want %s", v.JSON, err, first)
			}
			want, err := encoder.Encode([]byte(second))
			if err != nil {
				t.Fatal(err)
			}
			got, err := v.Encode(data, []byte(second))
			if err != nil || string(got) != string(want) {
				t.Errorf("encoded again: % x, %v, want % x", got, err, want)
			}
			if _, err := v.Encode(data, []byte(`{"user_id":"x","note":""}`)); err == nil || !strings.Contains(err.Error(), c.bad) {
				t.Errorf("the error of a wrong field is %v, want one with %q", err, c.bad)
			}
		})
	}
}

// A value whose ID is in a header keeps it there: its bytes are the body alone.
func TestEncodeWithIDInHeader(t *testing.T) {
	client := startRegistry(t)
	latest, err := client.Latest(t.Context(), "avro")
	if err != nil {
		t.Fatal(err)
	}
	id, err := schemaid.AppendHeader(nil, latest.ID)
	if err != nil {
		t.Fatal(err)
	}
	headers := []kgo.RecordHeader{{Key: schemaid.HeaderName(schemaid.Value), Value: id}}
	decoder := codec.NewDecoder(codec.Config{AnyFormat: true, Registry: client})
	data := []byte{14, 2, 'a'} // user_id 7, note "a"
	if err := decoder.Prepare(t.Context(), []*kgo.Record{{Value: data, Headers: headers}}); err != nil {
		t.Fatal(err)
	}
	v, err := decoder.Decode(nil, data, headers)
	if err != nil {
		t.Fatal(err)
	}
	got, err := v.Encode(data, []byte(`{"user_id":8,"note":"b"}`))
	if want := []byte{16, 2, 'b'}; err != nil || string(got) != string(want) {
		t.Errorf("encoded again: % x, %v, want % x", got, err, want)
	}
}
