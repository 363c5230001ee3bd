package counterpart_test

import (
	"encoding/json"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/codec"
	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/avro"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/registry"
)

// reader is how a pipeline reads values.
type reader struct {
	format format.Format
	prefix schemaid.Prefix
	place  schemaid.Place // where the IDs have to be
}

// values decodes the values of records. Integers of 64 bits are strings in Protobuf, as the counterparts write them.
func (r reader) values(t *testing.T, w world, records []*kgo.Record) []json.RawMessage {
	t.Helper()
	decoder := codec.NewDecoder(codec.Config{
		Format: r.format, Prefix: r.prefix, Registry: w.client, Options: format.Options{Int64AsText: r.format == format.Protobuf},
	})
	if err := decoder.Prepare(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	var values []json.RawMessage
	for _, record := range records {
		if found, err := schemaid.Find(schemaid.Value, r.prefix, record.Value, headerOf(record)); err != nil || found.Place != r.place {
			t.Fatalf("offset %d: the ID is at place %d, want %d, %v", record.Offset, found.Place, r.place, err)
		}
		value, err := decoder.Decode(nil, record.Value, record.Headers)
		if err != nil {
			t.Fatalf("offset %d: %v\n%x", record.Offset, err, record.Value)
		}
		values = append(values, value.JSON)
	}
	return values
}

// headerOf returns the last header of a name.
func headerOf(record *kgo.Record) func(string) []byte {
	return func(name string) (value []byte) {
		for _, h := range record.Headers {
			if h.Key == name {
				value = h.Value
			}
		}
		return value
	}
}

// parsed parses a schema and what it refers to.
func parsed(t *testing.T, s *registry.Schema) *avro.Schema {
	t.Helper()
	var references []avro.Reference
	for _, d := range s.Dependencies() {
		references = append(references, avro.Reference{Name: d.Name, Text: d.Schema.Text})
	}
	schema, err := avro.Parse(s.Text, references...)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}
