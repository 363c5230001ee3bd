package protobuf_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/protobuf"
)

// tree is what a JSON text says, without the form of its numbers.
func tree(t fataler, text []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return shortTimes(v)
}

var zeros = regexp.MustCompile(`^(-?[0-9].*)(\.[0-9]*?)0+([sZ])$`)

// shortTimes takes zeros from the end of times and durations, where the library writes 3, 6 or 9 digits.
func shortTimes(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			v[name] = shortTimes(value)
		}
	case []any:
		for i, value := range v {
			v[i] = shortTimes(value)
		}
	case string:
		return zeros.ReplaceAllString(v, "$1$2$3")
	}
	return v
}

// protoJSON is the text of a message by the library, in the form of this package.
func protoJSON(t fataler, o oracle, m proto.Message) []byte {
	t.Helper()
	text, err := protojson.MarshalOptions{UseProtoNames: true, EmitDefaultValues: true, Resolver: o.types}.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// merged is a message whose fields stand in any order, and a second one behind it in half of the cases. Readers merge the two: the
// library says how.
func (v valueMaker) merged(d protoreflect.MessageDescriptor) (body []byte, m protoreflect.Message) {
	m = v.message(d, 0)
	body = v.body(m)
	if v.chance("one message") {
		return body, m
	}
	both := slices.Concat(body, v.body(v.message(d, 0)))
	back := dynamicpb.NewMessage(d)
	if err := (proto.UnmarshalOptions{Resolver: v.oracle.types}).Unmarshal(both, back); err != nil {
		v.t.Fatal(err)
	}
	// An Any with the type of one message and the value of another one has no meaning, and parts of two durations have none in JSON.
	text, err := protojson.MarshalOptions{Resolver: v.oracle.types}.Marshal(back)
	if err != nil || bytes.Contains(text, []byte(`"@type"`)) {
		return body, m
	}
	return both, back
}

func (v valueMaker) body(m protoreflect.Message) []byte {
	body, err := proto.Marshal(m.Interface())
	if err != nil {
		v.t.Fatal(err)
	}
	return body
}

func TestDecodeAndEncodeAsTheLibraryDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, count := randomSchema(t)
		o := newOracle(t, text)
		name := fmt.Sprintf("M%d", rapid.IntRange(0, count-1).Draw(t, "root"))
		own := message(t, text, name)
		// A schema takes longer than a message: several messages for each.
		for range 4 {
			body, m := valueMaker{t: t, oracle: o, root: "random.M0"}.merged(o.message(t, name))
			want := protoJSON(t, o, m.Interface())
			got, err := own.Decoder(format.Options{Int64AsText: true}).AppendJSON([]byte("before"), body)
			if err != nil {
				t.Fatalf("%v\n%s\n%x\n%s", err, text, body, want)
			}
			got, _ = bytes.CutPrefix(got, []byte("before"))
			if diff := cmp.Diff(tree(t, want), tree(t, got)); diff != "" {
				t.Fatalf("-library +own:\n%s\n%s\n%x", diff, text, body)
			}
			numbers, err := own.Decoder(format.Options{TimesAsNumbers: true}).AppendJSON(nil, body)
			if err != nil {
				t.Fatal(err)
			}
			camel, err := protojson.MarshalOptions{Resolver: o.types}.Marshal(m.Interface())
			if err != nil {
				t.Fatal(err)
			}
			for _, document := range [][]byte{want, got, numbers, camel} {
				encodesTo(t, o, own, document, m)
			}
		}
	})
}

// encodesTo checks that a text becomes a message, with its fields by number.
func encodesTo(t *rapid.T, o oracle, own *protobuf.Message, text []byte, want protoreflect.Message) {
	t.Helper()
	body, err := own.Encoder(protobuf.EncodeOptions{}).AppendProto([]byte("before"), text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	body, _ = bytes.CutPrefix(body, []byte("before"))
	back := dynamicpb.NewMessage(want.Descriptor())
	if err := (proto.UnmarshalOptions{Resolver: o.types}).Unmarshal(body, back); err != nil {
		t.Fatalf("%v\n%s\n%x", err, text, body)
	}
	if !proto.Equal(normal(t, o, back), normal(t, o, want)) {
		t.Fatalf("%s became %v, want %v", text, back, want)
	}
}

// normal is a message with the messages in its Anys in one form.
func normal(t *rapid.T, o oracle, m protoreflect.Message) proto.Message {
	text, err := protojson.MarshalOptions{Resolver: o.types}.Marshal(m.Interface())
	if err != nil {
		t.Fatal(err)
	}
	back := dynamicpb.NewMessage(m.Descriptor())
	if err := (protojson.UnmarshalOptions{Resolver: o.types}).Unmarshal(text, back); err != nil {
		t.Fatal(err)
	}
	return back
}
