package protobuf_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/protobuf"
)

func TestFieldType(t *testing.T) {
	m := message(t, `syntax = "proto3"; import "google/protobuf/timestamp.proto"; enum E { Z = 0; }
		message M { string a = 1; optional int64 b = 2; repeated E c = 3; M d = 4; map<string, M> e = 5; google.protobuf.Timestamp f = 6; oneof g { bool h = 7; } }`, "M")
	want := map[string]string{
		"a": "string", "b": "int64 optional", "c": "string list", "d": "M optional", "e": "map", "f": "google.protobuf.Timestamp optional", "h": "bool optional", "g": "none",
	}
	for name, want := range want {
		got := "none"
		if f, ok := m.FieldType(name); ok {
			got = string(f.Scalar)
			if f.Message != nil {
				got = f.Message.Name()
			}
			for word, is := range map[string]bool{"list": f.List, "map": f.Map, "optional": f.Optional} {
				if is {
					got += " " + word
				}
			}
		}
		if strings.TrimSpace(got) != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if got := fmt.Sprint(m.Fields()); got != "[a b c d e f h]" {
		t.Errorf("fields: %s", got)
	}
}

func TestTextOfAny(t *testing.T) {
	m := message(t, `syntax = "proto3"; message M { optional string a = 1; repeated string b = 2; int32 c = 3; }`, "M")
	const text = `{"a":{"n": [1, 2.50]},"b":["x",12345678901234567890.5,true,[]],"c":7}`
	if _, err := m.Encoder(protobuf.EncodeOptions{}).AppendProto(nil, []byte(text)); err == nil {
		t.Error("an object became a string")
	}
	e := m.Encoder(protobuf.EncodeOptions{TextOfAny: true})
	body, err := e.AppendProto(nil, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.Decoder(format.Options{}).AppendJSON(nil, body)
	if want := `{"a":"{\"n\": [1, 2.50]}","b":["x","12345678901234567890.5","true","[]"],"c":7}`; err != nil || string(got) != want {
		t.Errorf("%s, %v\nwant %s", got, err, want)
	}
	for _, wrong := range []string{`{"b":[null]}`, `{"c":{}}`, `{"a":[1,}`} {
		if body, err := e.AppendProto(nil, []byte(wrong)); err == nil {
			t.Errorf("%s became %x", wrong, body)
		}
	}
}
