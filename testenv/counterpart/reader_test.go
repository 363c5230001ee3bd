package counterpart_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/avro"
	"github.com/loaderline/loaderline/internal/format/jsonschema"
	"github.com/loaderline/loaderline/internal/format/protobuf"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/registry"
)

// reader is how a pipeline reads values: it finds the ID, fetches the schema and decodes the body.
type reader struct {
	prefix schemaid.Prefix
	byName bool // Protobuf: the name of the message is before it, as Apicurio writes it
	place  schemaid.Place
}

// decode makes JSON of what follows the ID.
type decode func(found schemaid.Found) ([]byte, error)

// values decodes the values of records.
func (r reader) values(t *testing.T, w world, records []*kgo.Record) []json.RawMessage {
	t.Helper()
	resolver := registry.NewResolver(w.client, registry.ResolverConfig[decode]{Compile: r.compile})
	var values []json.RawMessage
	for _, record := range records {
		found, err := schemaid.Find(schemaid.Value, r.prefix, record.Value, headerOf(record))
		if err != nil {
			t.Fatal(err)
		}
		if found.Place != r.place {
			t.Fatalf("%v is at place %d, want %d", found.ID, found.Place, r.place)
		}
		if err := resolver.Prepare(t.Context(), []schemaid.ID{found.ID}); err != nil {
			t.Fatal(err)
		}
		decode, err := resolver.Get(found.ID)
		if err != nil {
			t.Fatal(err)
		}
		value, err := decode(found)
		if err != nil {
			t.Fatalf("offset %d: %v\n%x", record.Offset, err, record.Value)
		}
		values = append(values, value)
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

func (r reader) compile(s *registry.Schema) (decode, error) {
	switch s.Type {
	case registry.Avro:
		schema, err := parseAvro(s)
		if err != nil {
			return nil, err
		}
		decoder := schema.Decoder(format.Options{})
		return func(found schemaid.Found) ([]byte, error) { return decoder.AppendJSON(nil, found.Body) }, nil
	case registry.Protobuf:
		schema, err := parseProtobuf(s)
		if err != nil {
			return nil, err
		}
		return func(found schemaid.Found) ([]byte, error) { return r.protobuf(schema, found) }, nil
	case registry.JSON:
		schema, err := jsonschema.Compile(s.Text, texts(s))
		if err != nil {
			return nil, err
		}
		return func(found schemaid.Found) ([]byte, error) { return found.Body, schema.Validate(found.Body) }, nil
	default:
		return nil, fmt.Errorf("a schema of the language %q", s.Type)
	}
}

func parseAvro(s *registry.Schema) (*avro.Schema, error) {
	var references []avro.Reference
	for _, d := range s.Dependencies() {
		references = append(references, avro.Reference{Name: d.Name, Text: d.Schema.Text})
	}
	return avro.Parse(s.Text, references...)
}

// parseProtobuf parses a schema as the file main.proto.
func parseProtobuf(s *registry.Schema) (*protobuf.Schema, error) {
	files := texts(s)
	files["main.proto"] = s.Text
	return protobuf.Parse(files, "main.proto")
}

func texts(s *registry.Schema) map[string]string {
	all := map[string]string{}
	for _, d := range s.Dependencies() {
		all[d.Name] = d.Schema.Text
	}
	return all
}

// protobuf decodes a message that has its index or name before it. Integers of 64 bits are strings, as the counterparts write them.
func (r reader) protobuf(schema *protobuf.Schema, found schemaid.Found) ([]byte, error) {
	message, body, err := r.message(schema, found)
	if err != nil {
		return nil, err
	}
	return message.Decoder(format.Options{Int64AsText: true}).AppendJSON(nil, body)
}

func (r reader) message(schema *protobuf.Schema, found schemaid.Found) (m *protobuf.Message, body []byte, err error) {
	if r.byName {
		name, body, err := protobuf.ParseRef(found.Body)
		if err != nil {
			return nil, nil, err
		}
		m, err := schema.Message(string(name))
		return m, body, err
	}
	data := found.Body
	if len(found.Index) > 0 {
		data = found.Index
	}
	index, rest, err := protobuf.ParseIndex(nil, data)
	if err != nil {
		return nil, nil, err
	}
	if len(found.Index) > 0 {
		rest = found.Body
	}
	m, err = schema.MessageAt(index)
	return m, rest, err
}
