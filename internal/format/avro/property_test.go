package avro_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	library "github.com/twmb/avro"
	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/avro"
)

// valuesEach is how many values each random schema gets.
const valuesEach = 10

// tree reads JSON text, with numbers as they stand.
func tree(t *rapid.T, text []byte) any {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var out any
	if err := d.Decode(&out); err != nil || d.More() {
		t.Fatalf("not one JSON value: %v: %s", err, text)
	}
	return out
}

func libraryValue(t *rapid.T, schema *library.Schema, body []byte) any {
	var out any
	rest, err := schema.Decode(body, &out, library.TaggedUnions())
	if err != nil || len(rest) > 0 {
		t.Fatalf("the library cannot read %x: %v, %d bytes left", body, err, len(rest))
	}
	return out
}

func TestRandomValuesAsTheLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := drawSchema(t)
		text := x.text()
		theirs, err := library.Parse(text, library.WithLaxNames(nil))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		ours, err := avro.Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		ambiguous := x.ambiguous(map[*typ]bool{})
		decoder, encoder := ours.Decoder(format.Options{}), ours.Encoder(avro.EncodeOptions{})
		for range valuesEach {
			body, err := theirs.Encode(drawValue(t, x, 0))
			if err != nil {
				t.Fatalf("%s: the library cannot write: %v", text, err)
			}
			out, err := decoder.AppendJSON([]byte("before"), body)
			if err != nil {
				t.Fatalf("%s: %x: %v", text, body, err)
			}
			out = out[len("before"):]
			got := tree(t, out)
			if want := rendered(x, libraryValue(t, theirs, body)); !same(want, got, false) {
				t.Fatalf("%s\n%x\ngot  %s\nwant %v", text, body, out, want)
			}
			again, err := encoder.AppendAvro(nil, out)
			if err != nil {
				t.Fatalf("%s\n%s: %v", text, out, err)
			}
			if !ambiguous && !bytes.Equal(again, body) {
				t.Fatalf("%s\n%s\ngot  %x\nwant %x", text, out, again, body)
			}
			sameAgain(t, decoder, again, got)
			// The order of the members does not matter.
			sorted, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			if again, err = encoder.AppendAvro(nil, sorted); err != nil {
				t.Fatalf("%s\n%s: %v", text, sorted, err)
			}
			sameAgain(t, decoder, again, got)
		}
	})
}

// sameAgain checks that a body means what it was made from.
func sameAgain(t *rapid.T, decoder *avro.Decoder, body []byte, want any) {
	out, err := decoder.AppendJSON(nil, body)
	if err != nil {
		t.Fatal(err)
	}
	if got := tree(t, out); !same(want, got, true) {
		t.Fatalf("got  %s\nwant %v", out, want)
	}
}

func TestMissingMembersAsTheLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := (&schemas{t: t, left: 12}).record()
		if x.ambiguous(map[*typ]bool{}) {
			t.Skip("the library and this package choose types of unions differently")
		}
		text := x.text()
		theirs, err := library.Parse(text, library.WithLaxNames(nil))
		if err != nil {
			t.Fatal(err)
		}
		ours, err := avro.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		value := drawValue(t, x, 0).(map[string]any)
		full, err := theirs.Encode(value)
		if err != nil {
			t.Fatal(err)
		}
		out, err := ours.Decoder(format.Options{}).AppendJSON(nil, full)
		if err != nil {
			t.Fatal(err)
		}
		members := map[string]json.RawMessage{}
		if err := json.Unmarshal(out, &members); err != nil {
			t.Fatal(err)
		}
		missing := 0
		for _, m := range x.fields {
			if m.hasDefault && rapid.Bool().Draw(t, "missing") {
				delete(value, m.name)
				delete(members, m.name)
				missing++
			}
		}
		want, err := theirs.Encode(value)
		if err != nil {
			t.Fatal(err)
		}
		short, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ours.Encoder(avro.EncodeOptions{}).AppendAvro(nil, short)
		if err != nil {
			t.Fatalf("%s\n%s: %v", text, short, err)
		}
		decoded, err := ours.Decoder(format.Options{}).AppendJSON(nil, got)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := rendered(x, libraryValue(t, theirs, want)), tree(t, decoded); !same(a, b, false) {
			t.Fatalf("%s\n%s, %d members missing\ngot  %s\nwant %v", text, short, missing, decoded, a)
		}
	})
}

func TestMutatedBodiesDecodeOrFail(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := drawSchema(t)
		theirs, err := library.Parse(x.text(), library.WithLaxNames(nil))
		if err != nil {
			t.Fatal(err)
		}
		ours, err := avro.Parse(x.text())
		if err != nil {
			t.Fatal(err)
		}
		decoder := ours.Decoder(format.Options{MaxBytes: 1 << 20})
		body, err := theirs.Encode(drawValue(t, x, 0))
		if err != nil {
			t.Fatal(err)
		}
		for range valuesEach {
			checkMutated(t, decoder, theirs, mutated(t, body))
		}
	})
}

func mutated(t *rapid.T, body []byte) []byte {
	body = bytes.Clone(body)
	if len(body) == 0 || rapid.Bool().Draw(t, "longer") {
		return append(body, rapid.SliceOfN(rapid.Byte(), 1, 12).Draw(t, "more")...)
	}
	at := rapid.IntRange(0, len(body)-1).Draw(t, "at")
	if rapid.Bool().Draw(t, "cut") {
		return body[:at]
	}
	body[at] = rapid.Byte().Draw(t, "byte")
	return body
}

// checkMutated checks that a body is refused without a trace, or is read as JSON that the library has no other view of.
func checkMutated(t *rapid.T, decoder *avro.Decoder, theirs *library.Schema, body []byte) {
	out, err := decoder.AppendJSON([]byte("before"), body)
	if err != nil {
		if string(out) != "before" {
			t.Fatalf("an error left %q", out)
		}
		return
	}
	tree(t, out[len("before"):])
	var value any
	rest, err := theirs.Decode(body, &value)
	if err != nil && strings.Contains(err.Error(), "overflows time.Duration") {
		return // There it is a number that the library has no room for.
	}
	if err != nil || len(rest) > 0 {
		t.Fatalf("%x is %s, and the library says: %v, %d bytes left", body, out, err, len(rest))
	}
}
