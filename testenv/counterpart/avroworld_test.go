package counterpart_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/format/avro"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/registry"
	"github.com/loaderline/loaderline/testenv"
	"github.com/loaderline/loaderline/testenv/counterpart"
)

// writeAvro encodes values, and writes them to a topic of its own.
func (w world) writeAvro(t *testing.T, s *registry.Schema, values []json.RawMessage) (topic string) {
	t.Helper()
	topic = testenv.Topic(t, "counterpart", 1)
	prefix, err := schemaid.AppendPrefix(nil, w.register(t, topic, s))
	if err != nil {
		t.Fatal(err)
	}
	schema := parsed(t, s)
	var records []*kgo.Record
	for _, v := range values {
		records = append(records, &kgo.Record{Value: encoded(t, schema, prefix, v)})
	}
	w.write(t, topic, records)
	return topic
}

// encoded returns the encoding of a value behind a prefix.
func encoded(t *testing.T, schema *avro.Schema, prefix []byte, value json.RawMessage) []byte {
	t.Helper()
	data, err := schema.Encoder(avro.EncodeOptions{}).AppendAvro(slices.Clip(prefix), value)
	if err != nil {
		t.Fatalf("%v\n%s", err, value)
	}
	return data
}

// avroWorld is the same values in each form, and the programs that made them.
type avroWorld struct {
	python, java          program
	tagged, bodies, plain []json.RawMessage
}

// drawAvro draws values. Java says which bytes they are, and Python what they look like.
func drawAvro(t *testing.T, w world, schema string, value func(*rapid.T) any) avroWorld {
	t.Helper()
	a := avroWorld{python: w.python(t), java: w.java(t), tagged: marshal(t, draw(events, value))}
	a.bodies = a.java.run(t, counterpart.Command{Do: "encode", Format: "avro", Schema: schema, Values: a.tagged})
	a.plain = a.python.run(t, counterpart.Command{Do: "render", Format: "avro", Schema: schema, Values: a.bodies})
	return a
}

// isRead checks that a reader finds the values in a topic.
func (a avroWorld) isRead(t *testing.T, w world, topic string, r reader) {
	t.Helper()
	equal(t, "read by ourselves", a.plain, r.values(t, w, w.read(t, topic, events)))
}

// isReadByPython checks that Confluent's client finds the values in a topic. It takes the schema from the registry.
func (a avroWorld) isReadByPython(t *testing.T, topic string) {
	t.Helper()
	got := a.python.run(t, counterpart.Command{Do: "read", Format: "avro", Schema: avroOrder, Topic: topic, Count: events})
	equal(t, "read by Python", a.plain, got)
}
