package protobuf_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/protobuf"
)

// Apicurio's serializers register maps as the messages that they stand for.
const mapEntries = `syntax = "proto3"; package shop;
message Event {
  repeated .shop.Event.CountsEntry counts = 1;
  message CountsEntry {
    option map_entry = true;
    string key = 1;
    int64 value = 2;
  }
  repeated int32 numbers = 2 [packed = false];
}`

func TestParseTakesMapEntries(t *testing.T) {
	m := message(t, mapEntries, "Event")
	body, err := m.Encoder(protobuf.EncodeOptions{}).AppendProto(nil, []byte(`{"counts":{"a":7,"b":8},"numbers":[1,2]}`))
	if err != nil {
		t.Fatal(err)
	}
	text, err := m.Decoder(format.Options{}).AppendJSON(nil, body)
	if want := `{"counts":{"a":7,"b":8},"numbers":[1,2]}`; err != nil || string(text) != want {
		t.Errorf("%s, %v", text, err)
	}
	for name, text := range map[string]string{
		"another mistake": strings.Replace(mapEntries, "numbers = 2", "numbers = 1", 1),
		"a syntax error":  strings.Replace(mapEntries, "int64 value", "int64", 1),
		"no value":        strings.Replace(mapEntries, "int64 value = 2;", "", 1),
		"another number":  strings.Replace(mapEntries, "int64 value = 2;", "int64 value = 3;", 1),
		"a list as value": strings.Replace(mapEntries, "int64 value", "repeated int64 value", 1),
		"a float as key":  strings.Replace(mapEntries, "string key", "float key", 1),
		"another name":    strings.ReplaceAll(mapEntries, "CountsEntry", "Counts"),
	} {
		if _, err := protobuf.Parse(map[string]string{"x": text}, "x"); err == nil || !strings.HasPrefix(err.Error(), "schema x: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A FileDescriptorProto of a registry can say what no text does.
func TestParseRefusesDescriptors(t *testing.T) {
	field := func(name string, number int32) *descriptorpb.FieldDescriptorProto {
		return &descriptorpb.FieldDescriptorProto{
			Name: new(name), Number: new(number), Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(), Type: descriptorpb.FieldDescriptorProto_TYPE_INT32.Enum(),
		}
	}
	entries := field("counts", 1)
	entries.Label, entries.Type = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum(), descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum()
	entries.TypeName = new(".M.CountsEntry")
	entry := &descriptorpb.DescriptorProto{Name: new("CountsEntry"), Options: &descriptorpb.MessageOptions{MapEntry: new(true)}}
	oneof := field("a", 1)
	oneof.OneofIndex = new(int32(3))
	for name, m := range map[string]*descriptorpb.DescriptorProto{
		"a negative number": {Field: []*descriptorpb.FieldDescriptorProto{field("a", -1)}},
		"zero":              {Field: []*descriptorpb.FieldDescriptorProto{field("a", 0)}},
		"a number twice":    {Field: []*descriptorpb.FieldDescriptorProto{field("a", 1), field("b", 1)}},
		"an empty entry":    {Field: []*descriptorpb.FieldDescriptorProto{entries}, NestedType: []*descriptorpb.DescriptorProto{entry}},
		"no such oneof":     {Field: []*descriptorpb.FieldDescriptorProto{oneof}},
	} {
		m.Name = new("M")
		raw, err := proto.Marshal(&descriptorpb.FileDescriptorProto{Name: new("x"), Syntax: new("proto3"), MessageType: []*descriptorpb.DescriptorProto{m}})
		if err != nil {
			t.Fatal(err)
		}
		text := base64.StdEncoding.EncodeToString(raw)
		if _, err := protobuf.Parse(map[string]string{"x": text}, "x"); err == nil || !strings.HasPrefix(err.Error(), "schema x: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A registry's schema, as a text or as a descriptor, and a body end in no panic.
func FuzzParse(f *testing.F) {
	for _, text := range []string{mapEntries, eventSchema} {
		f.Add([]byte(text), []byte{0x0a, 5, 0x0a, 1, 'a', 0x10, 7})
		raw, err := proto.Marshal(protodesc.ToFileDescriptorProto(newOracle(f, strings.ReplaceAll(text, "option map_entry = true;", "")).file))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, []byte{0x0a, 5, 0x0a, 1, 'a', 0x10, 7})
	}
	f.Fuzz(func(_ *testing.T, schema, body []byte) {
		for _, text := range []string{string(schema), base64.StdEncoding.EncodeToString(schema)} {
			s, err := protobuf.Parse(map[string]string{"x": text}, "x")
			if err != nil {
				continue
			}
			m, err := s.MessageAt([]int{0})
			if err != nil {
				continue
			}
			json, err := m.Decoder(format.Options{MaxBytes: 1 << 16}).AppendJSON(nil, body)
			if err != nil {
				continue
			}
			// What cannot be encoded has an error.
			_, _ = m.Encoder(protobuf.EncodeOptions{}).AppendProto(nil, json)
		}
	})
}
