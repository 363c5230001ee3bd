package avro_test

import (
	"testing"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/avro"
)

func TestNonNull(t *testing.T) {
	for text, want := range map[string]struct {
		of       string
		nullable bool
	}{
		`"string"`:                                {"string", false},
		`["null","long"]`:                         {"long", true},
		`["long","null"]`:                         {"long", true},
		`["null","long","string"]`:                {"one of null, long, string", true},
		`["long","string"]`:                       {"one of long, string", false},
		`["null",{"type":"array","items":"int"}]`: {"array", true},
	} {
		of, nullable := parse(t, text).NonNull()
		if of.String() != want.of || nullable != want.nullable {
			t.Errorf("%s: %s, %t", text, of, nullable)
		}
	}
	list, _ := parse(t, `["null",{"type":"array","items":["null",{"type":"record","name":"R","fields":[]}]}]`).NonNull()
	item, ok := list.Item()
	if !ok {
		t.Fatal("an array has no items")
	}
	if record, nullable := item.NonNull(); !record.IsRecord() || !nullable {
		t.Errorf("the items are %s", item)
	}
	if _, ok := item.Item(); ok {
		t.Error("a union has items")
	}
}

func TestTextOfAny(t *testing.T) {
	s := parse(t, `{"type":"record","name":"R","fields":[{"name":"a","type":["null","string"]},{"name":"b","type":{"type":"array","items":"string"}},
		{"name":"c","type":["null","string","long"]},{"name":"d","type":[{"type":"string","logicalType":"uuid"},"null"]}]}`)
	const text = `{"a":{"n": [1, 2.50]},"b":["x",12345678901234567890.5,true,[]],"c":7,"d":null}`
	if _, err := s.Encoder(avro.EncodeOptions{}).AppendAvro(nil, []byte(text)); err == nil {
		t.Error("an object became a string")
	}
	e := s.Encoder(avro.EncodeOptions{TextOfAny: true})
	body, err := e.AppendAvro(nil, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Decoder(format.Options{}).AppendJSON(nil, body)
	if want := `{"a":"{\"n\": [1, 2.50]}","b":["x","12345678901234567890.5","true","[]"],"c":7,"d":null}`; err != nil || string(got) != want {
		t.Errorf("%s, %v\nwant %s", got, err, want)
	}
	for _, wrong := range []string{
		`{"a":null,"b":[null],"c":null,"d":null}`, `{"a":null,"b":[],"c":null,"d":7}`, `{"a":[1,},"b":[],"c":null,"d":null}`,
	} {
		if body, err := e.AppendAvro(nil, []byte(wrong)); err == nil {
			t.Errorf("%s became %x", wrong, body)
		}
	}
}
