package protobuf_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/format/protobuf"
)

// parsed is the message of a name in a text that a builder made.
func parsed(t fataler, b *protobuf.Builder, name protobuf.Type, imports map[string]string) *protobuf.Message {
	t.Helper()
	text, err := b.Text()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"built.proto": text}
	maps.Copy(files, imports)
	s, err := protobuf.Parse(files, "built.proto")
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	m, err := s.Message(string(name))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestBuildWithAnImport(t *testing.T) {
	event := message(t, eventSchema, "Event")
	b := protobuf.NewBuilder("enriched")
	imported := b.Import("shop/event.proto", event)
	user := b.Message("User", protobuf.BuiltField{Name: "id", Type: "int64"}, protobuf.BuiltField{Name: "name", Type: "string", Optional: true}, protobuf.BuiltField{Name: "since", Type: "google.protobuf.Timestamp"})
	b.Message("Enriched", protobuf.BuiltField{Name: "event", Type: imported}, protobuf.BuiltField{Name: "users", Type: user, Repeated: true, Number: 5}, protobuf.BuiltField{Name: "tags", Type: "string", Repeated: true})
	text, err := b.Text()
	if err != nil {
		t.Fatal(err)
	}
	want := `syntax = "proto3";
package enriched;

import "shop/event.proto";
import "google/protobuf/timestamp.proto";

message User {
  int64 id = 1;
  optional string name = 2;
  google.protobuf.Timestamp since = 3;
}

message Enriched {
  shop.Event event = 1;
  repeated enriched.User users = 5;
  repeated string tags = 6;
}
`
	if diff := cmp.Diff(want, text); diff != "" {
		t.Error(diff)
	}
	m := parsed(t, b, "enriched.Enriched", map[string]string{"shop/event.proto": eventSchema})
	if !protobuf.Same(m.Field("event"), event) {
		t.Error("the event is another one")
	}
}

func TestBuildWithACopy(t *testing.T) {
	const text = `syntax = "proto2"; package shop;
import "google/protobuf/timestamp.proto";
message Outer {
  message Event {
    enum Kind { option allow_alias = true; A = 0; B = 1; C = 1; }
    optional Kind kind = 1 [default = B]; required string text = 2 [default = "\"\\\n\351", json_name = "t"]; optional bytes raw = 3 [default = "\001\""];
    repeated int32 numbers = 4 [packed = true]; map<string, Other> others = 5; optional group Part = 6 { optional double d = 1 [default = -inf]; }
    oneof one { Other other = 7; string x = 8; } optional google.protobuf.Timestamp at = 9; optional E e = 10; optional Outer up = 11;
    extensions 100 to 200;
  }
  optional string unused = 1 [deprecated = true];
}
message Other { optional Outer.Event.Kind kind = 1; }
enum E { ZERO = 0; ONE = 1; }`
	event := message(t, text, "Outer.Event")
	b := protobuf.NewBuilder("a.b")
	copied := b.Inline(event)
	if again := b.Inline(event); again != copied {
		t.Errorf("copied again as %s", again)
	}
	b.Message("Enriched", protobuf.BuiltField{Name: "event", Type: copied}, protobuf.BuiltField{Name: "n", Type: "int64", Optional: true})
	m := parsed(t, b, "a.b.Enriched", nil)
	if got := m.Field("event"); got.Name() != "a.b.Outer.Event" || !protobuf.Same(got, event) {
		out, _ := b.Text()
		t.Errorf("%s is another message\n%s", got.Name(), out)
	}
}

func TestBuildRefuses(t *testing.T) {
	event := message(t, eventSchema, "Event")
	editions := message(t, `edition = "2023"; package shop; message Event {}`, "Event")
	for name, c := range map[string]struct {
		build func(b *protobuf.Builder)
		want  string
	}{
		"a name that is taken": {func(b *protobuf.Builder) { b.Inline(event); b.Message("Kind") }, "the schema would have two types Kind: a copy of shop.Kind and the new message; choose another name"},
		"two of a name": {func(b *protobuf.Builder) {
			b.Inline(event)
			b.Inline(message(t, strings.Replace(eventSchema, "shop", "x", 1), "Event"))
		}, "two types Event: a copy of shop.Event and x.Event"},
		"a column": {func(b *protobuf.Builder) { b.Message("M", protobuf.BuiltField{Name: "user id", Type: "string"}) }, `message M: "user id" is no field name of Protobuf, which has letters, digits and _`},
		"two columns": {func(b *protobuf.Builder) {
			b.Message("M", protobuf.BuiltField{Name: "a", Type: "string"}, protobuf.BuiltField{Name: "a", Type: "string"})
		}, "message M: the field a = 2 has the name or the number of another field"},
		"two numbers": {func(b *protobuf.Builder) {
			b.Message("M", protobuf.BuiltField{Name: "a", Type: "string"}, protobuf.BuiltField{Name: "b", Type: "string", Number: 1})
		}, "message M: the field b = 1 has the name or the number of another field"},
		"a message's name": {func(b *protobuf.Builder) { b.Message("a-b") }, `"a-b" is no name of Protobuf`},
		"editions":         {func(b *protobuf.Builder) { b.Inline(editions) }, "test.proto has the syntax editions, and its types cannot be copied"},
		"two syntaxes": {func(b *protobuf.Builder) {
			b.Inline(event)
			b.Inline(message(t, `syntax = "proto2"; message Old {}`, "Old"))
		}, "test.proto has the syntax proto2, and its types cannot be copied into a file of proto3; import it"},
	} {
		b := protobuf.NewBuilder("enriched")
		c.build(b)
		if _, err := b.Text(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if _, err := protobuf.NewBuilder("a..b").Text(); err == nil {
		t.Error("a..b is a package")
	}
}

// TestCopiesAreTheSame copies messages of random schemas.
func TestCopiesAreTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, _ := randomSchema(t)
		m := message(t, text, "M0")
		if strings.HasPrefix(text, "edition") {
			t.Skip("editions are not copied")
		}
		b := protobuf.NewBuilder(rapid.SampledFrom([]string{"", "random", "other.name"}).Draw(t, "package"))
		got := parsed(t, b, b.Inline(m), nil)
		if !protobuf.Same(m, got) {
			out, _ := b.Text()
			t.Fatalf("%s\nis another message than\n%s", out, text)
		}
	})
}
