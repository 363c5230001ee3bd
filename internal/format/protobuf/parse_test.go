package protobuf_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/protobuf"
)

// imports is a schema of three files.
func imports(t *testing.T) *protobuf.Schema {
	t.Helper()
	s, err := protobuf.Parse(map[string]string{
		"main":          `syntax = "proto3"; package a; import "types/b.proto"; message Event { types.B b = 1; message Inner { message Deep {} } message Other {} } message Second {}`,
		"types/b.proto": `syntax = "proto2"; package types; import public "c.proto"; message B { required C c = 1; }`,
		"c.proto":       `syntax = "proto3"; package types; message C { string text = 1; }`,
	}, "main")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestMessagesAndTheirIndexes(t *testing.T) {
	s := imports(t)
	for name, index := range map[string][]int{"a.Event": {0}, "Event": {0}, "Event.Inner.Deep": {0, 0, 0}, "a.Event.Other": {0, 1}, "Second": {1}, "types.C": nil} {
		m, err := s.Message(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if diff := cmp.Diff(index, m.Index()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if at, err := s.MessageAt(index); index != nil && (err != nil || at != m) {
			t.Errorf("%s is not at %v: %v", name, index, err)
		}
	}
	if _, err := s.Message("Evnt"); err == nil || err.Error() != `schema main has no message "Evnt"; it has a.Event, a.Second` {
		t.Error(err)
	}
	for _, index := range [][]int{nil, {2}, {-1}, {0, 2}, {0, 0, 0, 0}} {
		if m, err := s.MessageAt(index); err == nil {
			t.Errorf("%v is %s", index, m.Name())
		}
	}
}

func TestRequiredFieldsOfImports(t *testing.T) {
	event, err := imports(t).Message("Event")
	if err != nil {
		t.Fatal(err)
	}
	got, err := event.Decoder(format.Options{}).AppendJSON(nil, wire{}.bytes(1, string(wire{}.bytes(1, ""))))
	if want := `{"b":{"c":{"text":""}}}`; err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
	_, err = event.Decoder(format.Options{}).AppendJSON(nil, wire{}.bytes(1, ""))
	if err == nil || err.Error() != "byte 2, field b.c: a required field is absent" {
		t.Error(err)
	}
	_, err = event.Encoder(protobuf.EncodeOptions{}).AppendProto(nil, []byte(`{"b":{"c":null}}`))
	if err == nil || err.Error() != "byte 5, field b.c: a required field is absent" {
		t.Error(err)
	}
}

func TestParseDescriptors(t *testing.T) {
	file := protodesc.ToFileDescriptorProto(newOracle(t, eventSchema).file)
	file.Name = new("named-by-its-writer.proto")
	raw, err := proto.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := protobuf.Parse(map[string]string{"default": base64.StdEncoding.EncodeToString(raw) + "\n"}, "default")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Message("shop.Event"); err != nil {
		t.Error(err)
	}
	file.MessageType[0].Field[0].Name = new(`a"b`)
	file.MessageType[0].Field[0].JsonName = nil
	if raw, err = proto.Marshal(file); err != nil {
		t.Fatal(err)
	}
	if _, err := protobuf.Parse(map[string]string{"x": base64.StdEncoding.EncodeToString(raw)}, "x"); err == nil || !strings.Contains(err.Error(), `invalid nested name: "a\"b"`) {
		t.Errorf("a name with a quote: %v", err)
	}
	deep := &descriptorpb.DescriptorProto{Name: new("M")}
	for range 200 {
		deep = &descriptorpb.DescriptorProto{Name: new("M"), NestedType: []*descriptorpb.DescriptorProto{deep}}
	}
	if raw, err = proto.Marshal(&descriptorpb.FileDescriptorProto{Name: new("x"), MessageType: []*descriptorpb.DescriptorProto{deep}}); err != nil {
		t.Fatal(err)
	}
	if _, err := protobuf.Parse(map[string]string{"x": base64.StdEncoding.EncodeToString(raw)}, "x"); err == nil {
		t.Error("200 levels of messages are accepted")
	}
}

func TestParseRefuses(t *testing.T) {
	many := map[string]string{}
	for i := range 501 {
		many[fmt.Sprint(i)] = ""
	}
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"nothing", nil, "schema x: its text is missing"},
		{"syntax", map[string]string{"x": "syntax = \"proto3\";\nmessage {}"}, "schema x: x:2:9: syntax error"},
		{"an import that is missing", map[string]string{"x": `syntax = "proto3"; import "y.proto";`}, "y.proto is imported, but is neither a file of the schema nor one of its references"},
		{"imports in a circle", map[string]string{"x": `syntax = "proto3"; import "y";`, "y": `syntax = "proto3"; import "x";`}, "cycle"},
		{"a type that is missing", map[string]string{"x": `syntax = "proto3"; message M { N n = 1; }`}, "schema x: x:1:32: field M.n: unknown type N"},
		{"too many files", many, "schema 0: it consists of 501 files; the limit is 500"},
		{"too much text", map[string]string{"x": strings.Repeat(" ", 3<<20)}, "schema x: it has 3145728 bytes with its imports; the limit is 2097152"},
		{"levels", map[string]string{"x": strings.Repeat("message M {", 200)}, "the text is nested more than 100 levels deep"},
		{"levels of options", map[string]string{"x": "option x = " + strings.Repeat("{ a: ", 200)}, "the text is nested more than 100 levels deep"},
		{"message sets", map[string]string{"x": `syntax = "proto2"; message M { option message_set_wire_format = true; extensions 4 to max; }`}, "message_set_wire_format"},
	} {
		t.Run(c.name, func(t *testing.T) {
			main := "x"
			if len(c.files) > 2 {
				main = "0"
			}
			if _, err := protobuf.Parse(c.files, main); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

// TestParseKnowsItsOwnWellKnownTypes has a file that takes the place of a built-in one, and a message that only has such a name.
func TestParseKnowsItsOwnWellKnownTypes(t *testing.T) {
	s, err := protobuf.Parse(map[string]string{
		"google/protobuf/timestamp.proto": `syntax = "proto3"; package google.protobuf; message Timestamp { string text = 1; }`,
		"x":                               `syntax = "proto3"; package google.protobuf; import "google/protobuf/timestamp.proto"; message Duration { string text = 1; } message M { Timestamp at = 1; Duration took = 2; }`,
	}, "x")
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.Message("M")
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.Decoder(format.Options{}).AppendJSON(nil, wire{}.bytes(1, "").bytes(2, ""))
	if want := `{"at":"1970-01-01T00:00:00Z","took":{"text":""}}`; err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
}
