package protobuf_test

import (
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/protobuf"
)

// TestSplice builds a message of a body that stays as it is and of fields that are encoded.
func TestSplice(t *testing.T) {
	m := message(t, eventSchema, "Enriched")
	event := append(encoded(t, message(t, eventSchema, "Event"), eventJSON), wire{}.bytes(90, "nobody knows")...)
	number, ok := m.FieldNumber("event")
	if !ok {
		t.Fatal("the event is no field")
	}
	body := protobuf.AppendField(nil, number, event)
	body, err := m.Encoder(protobuf.EncodeOptions{}).AppendProto(body, []byte(`{"user":{"id":7,"tags":[]}}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.Decoder(format.Options{}).AppendJSON(nil, body)
	want := `{"event":` + eventJSON + `,"user":{"id":7,"name":"","email":"","tags":[]},"purchases":[]}`
	if err != nil || string(got) != want {
		t.Errorf("%s, %v\nwant %s", got, err, want)
	}
	if back, _ := protowire.ConsumeBytes(body[1:]); string(back) != string(event) {
		t.Errorf("%x became %x", event, back)
	}
	for _, name := range []string{"purchases", "nothing"} {
		if _, ok := m.FieldNumber(name); ok {
			t.Errorf("%s holds one message", name)
		}
	}
	if f := m.Field("purchases"); f == nil || f.Name() != "shop.Purchase" {
		t.Error("purchases are no messages")
	}
	if m.Field("nothing") != nil {
		t.Error("a field that is not there has a message")
	}
}

func TestSame(t *testing.T) {
	const base = `enum E { Z = 0; A = 1; } message M { int32 a = 1; repeated string b = 2; E c = 3; M d = 4; map<string, N> e = 5; oneof f { int32 g = 6; N h = 7; } optional int32 i = 8; } message N { int32 x = 1; M m = 2; }`
	m := message(t, `syntax = "proto3"; package one; `+base, "M")
	for text, same := range map[string]bool{
		base: true,
		`enum E { Z = 0; A = 1; } message M { optional int32 i = 8; repeated string b = 2; E c = 3; M d = 4; map<string, Other> e = 5; oneof f { int32 g = 6; Other h = 7; } int32 a = 1; } message Other { int32 x = 1; M m = 2; }`:  true,
		`enum E { Z = 0; A = 1; } message M { int32 a = 1; repeated string b = 2; E c = 3; M d = 4; map<string, N> e = 5; oneof f { int32 g = 6; N h = 7; } optional int32 i = 8; int32 j = 9; } message N { int32 x = 1; M m = 2; }`: false,
		`enum E { Z = 0; A = 1; } message M { int64 a = 1; repeated string b = 2; E c = 3; M d = 4; map<string, N> e = 5; oneof f { int32 g = 6; N h = 7; } optional int32 i = 8; } message N { int32 x = 1; M m = 2; }`:              false,
		`enum E { Z = 0; A = 1; } message M { int32 z = 1; repeated string b = 2; E c = 3; M d = 4; map<string, N> e = 5; oneof f { int32 g = 6; N h = 7; } optional int32 i = 8; } message N { int32 x = 1; M m = 2; }`:              false,
		`enum E { Z = 0; A = 1; } message M { int32 a = 1; string b = 2; E c = 3; M d = 4; map<string, N> e = 5; oneof f { int32 g = 6; N h = 7; } optional int32 i = 8; } message N { int32 x = 1; M m = 2; }`:                       false,
		`enum E { Z = 0; A = 2; } message M { int32 a = 1; repeated string b = 2; E c = 3; M d = 4; map<string, N> e = 5; oneof f { int32 g = 6; N h = 7; } optional int32 i = 8; } message N { int32 x = 1; M m = 2; }`:              false,
		`enum E { Z = 0; A = 1; } message M { int32 a = 1; repeated string b = 2; E c = 3; M d = 4; map<string, N> e = 5; oneof f { int32 g = 6; N h = 7; } optional int32 i = 8; } message N { int32 x = 1; M m = 3; }`:              false,
		`enum E { Z = 0; A = 1; } message M { int32 a = 1; repeated string b = 2; E c = 3; M d = 4; map<int32, N> e = 5; oneof f { int32 g = 6; N h = 7; } optional int32 i = 8; } message N { int32 x = 1; M m = 2; }`:               false,
		`enum E { Z = 0; A = 1; } message M { int32 a = 1; repeated string b = 2; E c = 3; M d = 4; map<string, N> e = 5; oneof f { int32 g = 6; N h = 7; } int32 i = 8; } message N { int32 x = 1; M m = 2; }`:                       false,
		`enum E { Z = 0; A = 1; } message M { int32 a = 1; repeated string b = 2; E c = 3; M d = 4; map<string, N> e = 5; oneof f { int32 g = 6; } oneof k { N h = 7; } optional int32 i = 8; } message N { int32 x = 1; M m = 2; }`:  false,
	} {
		other := message(t, `syntax = "proto3"; package two; `+text, "M")
		if protobuf.Same(m, other) != same || protobuf.Same(other, m) != same {
			t.Errorf("%s is the same: %v", text, !same)
		}
	}
}
