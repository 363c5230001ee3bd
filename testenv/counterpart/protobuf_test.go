package counterpart_test

import (
	"testing"

	"github.com/loaderline/loaderline/internal/format/protobuf"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/testenv"
)

// Protobuf is what Confluent's client in Python and our own make of the same values.
func TestProtobufInPython(t *testing.T) {
	w := newWorld(t)
	p := newProtoWorld(t, w, w.python(t), "shop.Envelope.Event", "message Envelope {", "}")
	t.Run("without Kafka", p.withoutKafka)
	topic := testenv.Topic(t, "counterpart", 1)
	command := p.command("write")
	command.Topic, command.Values = topic, p.mapped
	p.run(t, command)
	p.isRead(t, topic, schemaid.InPrefix)

	// Python wants schemas as FileDescriptorProtos, which Apicurio has for those alone that were registered as such.
	latest, err := w.client.Latest(t.Context(), topic+"-value")
	if err != nil {
		t.Fatal(err)
	}
	p.isReadBack(t, p.write(t, latest.ID, protobuf.AppendIndex(nil, []int{1, 0})))
}

// Protobuf is what Apicurio's serializers in Java and our own make of the same values.
func TestProtobufInJava(t *testing.T) {
	w := newWorld(t)
	p := newProtoWorld(t, w, w.java(t), "shop.Event", "", "") // Its serializer does not find messages within others.
	t.Run("without Kafka", p.withoutKafka)
	for name, c := range map[string]struct {
		config map[string]string
		place  schemaid.Place
	}{
		"name":    {nil, schemaid.InPrefix},
		"index":   {map[string]string{"apicurio.registry.serde.send-indexes": "true", "apicurio.registry.serde.send-type-ref": "false"}, schemaid.InPrefix},
		"headers": {map[string]string{"apicurio.registry.headers.enabled": "true"}, schemaid.InApicurioHeader},
	} {
		t.Run(name, func(t *testing.T) {
			topic := testenv.Topic(t, "counterpart", 1)
			command := p.command("write")
			command.Topic, command.Values, command.Config = topic, p.mapped, c.config
			p.run(t, command)
			p.isRead(t, topic, c.place)
		})
	}
	// Its deserializer finds a message by its name alone.
	p.isReadBack(t, p.write(t, p.registered(t), protobuf.AppendRef(nil, "Event")))
}

// The message index follows a GUID in the header.
func TestProtobufGUIDs(t *testing.T) {
	testenv.NeedServices(t)
	w := newGUIDWorld(t)
	p := newProtoWorld(t, w, w.python(t), "shop.Event", "", "") // With a schema that is there, Python finds no message within another one.
	first, topic := testenv.Topic(t, "counterpart", 1), testenv.Topic(t, "counterpart", 1)
	write := p.command("write")
	write.Topic, write.Values = first, p.mapped[:1]
	p.run(t, write) // registers the schema.
	latest, err := w.client.Latest(t.Context(), first+"-value")
	if err != nil {
		t.Fatal(err)
	}
	w.register(t, topic, latest.Schema)
	write.Topic, write.Values, write.Header = topic, p.mapped, true
	p.run(t, write)
	p.isRead(t, topic, schemaid.InHeader)

	_, headers := w.identify(t, topic, true)
	headers[0].Value = protobuf.AppendIndex(headers[0].Value, []int{1})
	p.isReadBack(t, p.writeBehind(t, nil, headers))
}
