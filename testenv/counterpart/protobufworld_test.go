package counterpart_test

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/bufbuild/protocompile"
	"github.com/twmb/franz-go/pkg/kgo"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/protobuf"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/registry"
	"github.com/loaderline/loaderline/testenv"
	"github.com/loaderline/loaderline/testenv/counterpart"
)

// protoWorld is the same values in the mapping that they were drawn in and as the program writes them, and the schema in two files.
type protoWorld struct {
	world
	program
	files         map[string]string
	set           string // the files, for the program
	mapped, plain []json.RawMessage
	message       *protobuf.Message
}

func newProtoWorld(t *testing.T, w world, by program, message, opening, closing string) protoWorld {
	t.Helper()
	// Programs register what is imported by its path, each in a form that others do not read.
	money := testenv.Topic(t, "money", 1) + ".proto"
	p := protoWorld{world: w, program: by, mapped: marshal(t, draw(events, drawMessage))}
	p.files = map[string]string{money: protoMoney, "event.proto": strings.NewReplacer("MONEY", money, "OPEN", opening, "CLOSE", closing).Replace(protoFile)}
	p.set = fileSet(t, p.files)
	schema, err := protobuf.Parse(p.files, "event.proto")
	if err != nil {
		t.Fatal(err)
	}
	if p.message, err = schema.Message(message); err != nil {
		t.Fatal(err)
	}
	render := p.command("render")
	render.Values = p.mapped
	p.plain = p.run(t, render)
	return p
}

func (p protoWorld) command(do string) counterpart.Command {
	return counterpart.Command{Do: do, Format: "protobuf", Schema: p.set, Message: p.message.Name()}
}

// withoutKafka reads what the program encodes, and lets it read what we encode.
func (p protoWorld) withoutKafka(t *testing.T) {
	own := make([]any, events)
	for i, v := range p.plain {
		own[i] = p.encoded(t, nil, v)
	}
	encode, decode := p.command("encode"), p.command("decode")
	encode.Values, decode.Values = p.mapped, marshal(t, own)
	equal(t, "decoded by the program", p.plain, p.run(t, decode))
	decoder := p.message.Decoder(format.Options{Int64AsText: true})
	var values []json.RawMessage
	for _, text := range p.run(t, encode) {
		var body []byte
		if err := json.Unmarshal(text, &body); err != nil {
			t.Fatal(err)
		}
		value, err := decoder.AppendJSON(nil, body)
		if err != nil {
			t.Fatalf("%v\n%x", err, body)
		}
		values = append(values, value)
	}
	equal(t, "encoded by the program", p.plain, values)
}

// encoded returns a message behind a prefix.
func (p protoWorld) encoded(t *testing.T, prefix []byte, value json.RawMessage) []byte {
	t.Helper()
	body, err := p.message.Encoder(protobuf.EncodeOptions{}).AppendProto(slices.Clip(prefix), value)
	if err != nil {
		t.Fatalf("%v\n%s", err, value)
	}
	return body
}

// registered registers the files as one text: Apicurio's deserializer of version 3.1.7 fetches no references of a schema by its ID.
func (p protoWorld) registered(t *testing.T) schemaid.ID {
	t.Helper()
	_, money, _ := strings.Cut(protoMoney, "package shop;")
	text := strings.NewReplacer(`import "MONEY";`, "", "OPEN", "", "CLOSE", money).Replace(protoFile)
	return p.register(t, testenv.Topic(t, "counterpart", 1), &registry.Schema{Type: registry.Protobuf, Text: text})
}

// write writes the values to a topic of its own. Which says which message of the schema follows.
func (p protoWorld) write(t *testing.T, id schemaid.ID, which []byte) (topic string) {
	t.Helper()
	prefix, err := schemaid.AppendPrefix(nil, id)
	if err != nil {
		t.Fatal(err)
	}
	return p.writeBehind(t, append(prefix, which...), nil)
}

// writeBehind writes the values to a topic of its own, each behind a prefix.
func (p protoWorld) writeBehind(t *testing.T, prefix []byte, headers []kgo.RecordHeader) (topic string) {
	t.Helper()
	topic = testenv.Topic(t, "counterpart", 1)
	var records []*kgo.Record
	for _, v := range p.plain {
		records = append(records, &kgo.Record{Value: p.encoded(t, prefix, v), Headers: headers})
	}
	p.world.write(t, topic, records)
	return topic
}

// isRead checks that a pipeline finds the values in a topic, and the ID of their schema at a place.
func (p protoWorld) isRead(t *testing.T, topic string, place schemaid.Place) {
	t.Helper()
	r := reader{format: format.Protobuf, place: place}
	equal(t, "read by ourselves", p.plain, r.values(t, p.world, p.read(t, topic, events)))
}

// isReadBack checks that the program finds the values in a topic.
func (p protoWorld) isReadBack(t *testing.T, topic string) {
	t.Helper()
	command := p.command("read")
	command.Topic, command.Count = topic, events
	equal(t, "read by the program", p.plain, p.run(t, command))
}

// fileSet returns a FileDescriptorSet in base64 with each file behind those that it imports.
func fileSet(t *testing.T, files map[string]string) string {
	t.Helper()
	compiler := protocompile.Compiler{Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{
		Accessor: protocompile.SourceAccessorFromMap(files),
	})}
	compiled, err := compiler.Compile(t.Context(), "event.proto")
	if err != nil {
		t.Fatal(err)
	}
	set := &descriptorpb.FileDescriptorSet{}
	added := map[string]bool{}
	var add func(protoreflect.FileDescriptor)
	add = func(file protoreflect.FileDescriptor) {
		if added[file.Path()] {
			return
		}
		added[file.Path()] = true
		for i := range file.Imports().Len() {
			add(file.Imports().Get(i))
		}
		set.File = append(set.File, protodesc.ToFileDescriptorProto(file))
	}
	add(compiled[0])
	data, err := proto.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(data)
}
