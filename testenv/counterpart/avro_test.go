package counterpart_test

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/registry"
	"github.com/loaderline/loaderline/testenv"
	"github.com/loaderline/loaderline/testenv/counterpart"
)

const events = 200

// Avro is what Python's and Java's programs and our own make of the same values.
func TestAvro(t *testing.T) {
	w := newWorld(t)
	a := drawAvro(t, w, avroSchema, drawEvent)
	t.Run("without Kafka", func(t *testing.T) {
		got := a.python.run(t, counterpart.Command{Do: "encode", Format: "avro", Schema: avroSchema, Values: a.bodies})
		equal(t, "fastavro and Java", a.bodies, got)
		schema := parsed(t, &registry.Schema{Text: avroSchema})
		own := make([]any, events)
		for i, v := range a.plain {
			own[i] = encoded(t, schema, nil, v)
		}
		equal(t, "our own and Java", a.bodies, marshal(t, own))
	})
	t.Run("Confluent's client in Python", func(t *testing.T) {
		topic := testenv.Topic(t, "counterpart", 1)
		a.python.run(t, counterpart.Command{Do: "write", Format: "avro", Schema: avroSchema, Topic: topic, Values: a.bodies})
		a.isRead(t, w, topic, reader{})

		topic = w.writeAvro(t, &registry.Schema{Type: registry.Avro, Text: avroSchema}, a.plain)
		a.isReadByPython(t, topic)
	})
	t.Run("Apicurio's serializers in Java", func(t *testing.T) {
		for name, c := range javaWriters {
			t.Run(name, func(t *testing.T) {
				topic := testenv.Topic(t, "counterpart", 1)
				a.java.run(t, counterpart.Command{Do: "write", Format: "avro", Schema: avroSchema, Topic: topic, Values: a.tagged, Config: c.config})
				a.isRead(t, w, topic, c.reader)
			})
		}
		topic := w.writeAvro(t, &registry.Schema{Type: registry.Avro, Text: avroSchema}, a.plain)
		got := a.java.run(t, counterpart.Command{Do: "read", Format: "avro", Schema: avroSchema, Topic: topic, Count: events})
		equal(t, "read by Java", a.tagged, got)
	})
}

// javaWriters are the places where Apicurio's serializers write an ID.
var javaWriters = map[string]struct {
	config map[string]string
	reader reader
}{
	"prefix":  {nil, reader{}},
	"headers": {map[string]string{"apicurio.registry.headers.enabled": "true"}, reader{place: schemaid.InApicurioHeader}},
	"global IDs in headers": {
		map[string]string{"apicurio.registry.headers.enabled": "true", "apicurio.registry.use-id": "globalId"},
		reader{place: schemaid.InApicurioHeader},
	},
	"8 bytes": {
		map[string]string{"apicurio.registry.id-handler": "io.apicurio.registry.serde.Legacy8ByteIdHandler"},
		reader{prefix: schemaid.Apicurio8Byte},
	},
	"8 bytes of a global ID": {
		map[string]string{"apicurio.registry.id-handler": "io.apicurio.registry.serde.Legacy8ByteIdHandler", "apicurio.registry.use-id": "globalId"},
		reader{prefix: schemaid.Apicurio8ByteGlobal},
	},
}

// A schema may be in parts, which refer to each other in the registry.
func TestAvroReferences(t *testing.T) {
	w := newWorld(t)
	a := drawAvro(t, w, avroOrder, drawOrder)
	subject := testenv.Topic(t, "item", 1) // A name of this test alone.
	if _, err := w.client.Register(t.Context(), subject, &registry.Schema{Type: registry.Avro, Text: avroItem}, false); err != nil {
		t.Fatal(err)
	}
	t.Run("Confluent's client in Python", func(t *testing.T) {
		references := []counterpart.Reference{{Name: "shop.Item", Subject: subject, Version: 1}}
		topic := testenv.Topic(t, "counterpart", 1)
		a.python.run(t, counterpart.Command{
			Do: "write", Format: "avro", Schema: avroReferring, References: references, Topic: topic, Values: a.plain,
		})
		a.isRead(t, w, topic, reader{})

		topic = w.writeAvro(t, &registry.Schema{
			Type: registry.Avro, Text: avroReferring, References: []registry.Reference{
				{Name: "shop.Item", Subject: subject, Version: 1, Schema: &registry.Schema{Type: registry.Avro, Text: avroItem}},
			},
		}, a.plain)
		a.isReadByPython(t, topic)
	})
	t.Run("Apicurio's serializers in Java", func(t *testing.T) {
		topic := testenv.Topic(t, "counterpart", 1)
		a.java.run(t, counterpart.Command{
			Do: "write", Format: "avro", Schema: avroOrder, Topic: topic, Values: a.tagged,
			Config: map[string]string{"apicurio.registry.dereference-schema": "false"},
		})
		latest, err := w.client.Latest(t.Context(), topic+"-value")
		if err != nil || len(latest.Schema.References) == 0 {
			t.Fatalf("the schema %+v has no references, %v", latest, err)
		}
		a.isRead(t, w, topic, reader{})
	})
}

// GUIDs in headers are what Confluent's clients write if they are told so.
func TestAvroGUIDs(t *testing.T) {
	testenv.NeedServices(t)
	w := newGUIDWorld(t)
	a := drawAvro(t, w, avroOrder, drawOrder)
	s := &registry.Schema{Type: registry.Avro, Text: avroOrder}
	topic := testenv.Topic(t, "counterpart", 1)
	w.register(t, topic, s)
	_, headers := w.identify(t, topic, true)
	a.python.run(t, counterpart.Command{Do: "write", Format: "avro", Schema: avroOrder, Topic: topic, Values: a.bodies, Header: true})
	a.isRead(t, w, topic, reader{place: schemaid.InHeader})

	schema := parsed(t, s)
	var records []*kgo.Record
	for _, v := range a.plain {
		records = append(records, &kgo.Record{Value: encoded(t, schema, nil, v), Headers: headers})
	}
	topic = testenv.Topic(t, "counterpart", 1)
	w.write(t, topic, records)
	a.isReadByPython(t, topic)
}
