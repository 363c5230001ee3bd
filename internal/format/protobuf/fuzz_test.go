package protobuf_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/protobuf"
	"github.com/loaderline/loaderline/internal/jsondoc"
)

// fuzzSchema has each kind of field, so that a fuzzer reaches all code.
const fuzzSchema = `syntax = "proto2";
package fuzz;
import "google/protobuf/any.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/wrappers.proto";
enum E { ZERO = 0; ONE = 1; }
message M {
  optional int32 a = 1; optional sint64 b = 2; optional fixed32 c = 3; optional double d = 4; optional string e = 5; optional bytes f = 6;
  optional E g = 7; optional M h = 8; repeated M i = 9; repeated int32 j = 10 [packed = true]; repeated sfixed64 k = 11; map<string, M> l = 12;
  map<sint32, E> m = 13; oneof n { bool o = 14; M p = 15; string q = 16; } repeated group R = 17 { optional float a = 1; }
  optional google.protobuf.Any s = 18; optional google.protobuf.Value t = 19; optional google.protobuf.Timestamp u = 20;
  optional google.protobuf.Duration v = 21; optional google.protobuf.FieldMask w = 22; optional google.protobuf.BytesValue x = 23;
  optional google.protobuf.Struct y = 24; repeated string z = 25;
  extensions 100 to 200;
}
extend M { repeated E more = 100; }
`

// FuzzDecode checks that what is accepted is JSON that all readers read alike, and reads back as the same message.
func FuzzDecode(f *testing.F) {
	m := message(f, fuzzSchema, "M")
	o := newOracle(f, fuzzSchema)
	for i := range 20 {
		body := rapid.Custom(func(t *rapid.T) []byte {
			body, err := proto.Marshal(valueMaker{t: t, oracle: o, root: "fuzz.M"}.message(o.message(t, "M"), 3).Interface())
			if err != nil {
				t.Fatal(err)
			}
			return body
		}).Example(i)
		f.Add(body)
	}
	d := o.message(f, "M")
	decoder, encoder := m.Decoder(format.Options{MaxBytes: 1 << 20, Int64AsText: true}), m.Encoder(protobuf.EncodeOptions{})
	f.Fuzz(func(t *testing.T, body []byte) {
		text, err := decoder.AppendJSON(nil, body)
		if err != nil {
			return
		}
		if err := jsondoc.Check(text); err != nil {
			t.Fatalf("%x is %s: %v", body, text, err)
		}
		o.agrees(t, d, body, text)
		back, err := encoder.AppendProto(nil, text)
		if err != nil {
			t.Fatalf("%x is %s, which is refused: %v", body, text, err)
		}
		again, err := decoder.AppendJSON(nil, back)
		if err != nil || string(again) != string(text) {
			t.Fatalf("%x is %s, then %s, %v", body, text, again, err)
		}
	})
}

// FuzzEncode checks that what is accepted is a message that the library reads, and that text that is not JSON does no harm.
func FuzzEncode(f *testing.F) {
	m := message(f, fuzzSchema, "M")
	o := newOracle(f, fuzzSchema)
	d := o.message(f, "M")
	for i := range 20 {
		f.Add(rapid.Custom(func(t *rapid.T) []byte {
			text, err := protojson.MarshalOptions{Resolver: o.types}.Marshal(valueMaker{t: t, oracle: o, root: "fuzz.M"}.message(d, 2).Interface())
			if err != nil {
				t.Fatal(err)
			}
			return text
		}).Example(i))
	}
	encoder, decoder := m.Encoder(protobuf.EncodeOptions{}), m.Decoder(format.Options{})
	lenient := m.Encoder(protobuf.EncodeOptions{IgnoreUnknown: true})
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := lenient.AppendProto(nil, text); err == nil && !json.Valid(text) {
			t.Fatalf("%s is accepted", text)
		}
		body, err := encoder.AppendProto(nil, text)
		if err != nil {
			return
		}
		if err := (proto.UnmarshalOptions{Resolver: o.types}).Unmarshal(body, dynamicpb.NewMessage(d)); err != nil {
			t.Fatalf("%s is %x: %v", text, body, err)
		}
		if out, err := decoder.AppendJSON(nil, body); err != nil {
			t.Fatalf("%s is %x, which is refused: %v, %s", text, body, err, out)
		}
	})
}

// TestDamagedMessages cuts and changes messages. Each of them is an error or JSON.
func TestDamagedMessages(t *testing.T) {
	m, o := message(t, fuzzSchema, "M"), newOracle(t, fuzzSchema)
	decoder := m.Decoder(format.Options{Int64AsText: true})
	rapid.Check(t, func(t *rapid.T) {
		body, err := proto.Marshal(valueMaker{t: t, oracle: o, root: "fuzz.M"}.message(o.message(t, "M"), 3).Interface())
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(0, 3).Draw(t, "changes") {
			if len(body) > 0 {
				body[rapid.IntRange(0, len(body)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
			}
		}
		body = body[:rapid.IntRange(0, len(body)).Draw(t, "length")]
		text, err := decoder.AppendJSON(nil, body)
		if err == nil {
			o.agrees(t, o.message(t, "M"), body, text)
		}
	})
}

// agrees checks that a text says the same as that of the library, which refuses some messages that this package takes.
func (o oracle) agrees(t fataler, d protoreflect.MessageDescriptor, body, text []byte) {
	t.Helper()
	got := tree(t, text)
	want, ok := o.text(d, body)
	if !ok {
		return
	}
	if diff := cmp.Diff(tree(t, want), got); diff != "" {
		t.Fatalf("%x: -library +own:\n%s", body, diff)
	}
}

// text is the JSON text of a message by the library.
func (o oracle) text(d protoreflect.MessageDescriptor, body []byte) (text []byte, ok bool) {
	// dynamicpb panics at an entry without a key, in a map of a proto2 file.
	defer func() {
		if recover() != nil {
			text, ok = nil, false
		}
	}()
	m := dynamicpb.NewMessage(d)
	if err := (proto.UnmarshalOptions{Resolver: o.types}).Unmarshal(body, m); err != nil {
		return nil, false
	}
	text, err := protojson.MarshalOptions{UseProtoNames: true, EmitDefaultValues: true, Resolver: o.types}.Marshal(m)
	return text, err == nil
}
