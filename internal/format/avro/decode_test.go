package avro_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/avro"
)

func long(value int64) []byte { return binary.AppendVarint(nil, value) }

func TestDecodedText(t *testing.T) {
	for _, test := range []struct{ schema, body, want string }{
		{`"null"`, "", `null`},
		{`"boolean"`, "\x01", `true`},
		{`"long"`, string(long(math.MinInt64)), `-9223372036854775808`},
		{`"float"`, "\xcd\xcc\xcc\x3d", `0.1`},
		{`"string"`, "\x0aé\"\n\x01", `"é\"\n\u0001"`},
		{`"bytes"`, "\x04\x00\xff", `"AP8="`},
		{`["null","string"]`, "\x00", `null`},
		{`["null","string"]`, "\x02\x02a", `"a"`},
		{`{"type":"array","items":"int"}`, "\x02\x02\x03\x04\x04\x06\x00", `[1,2,3]`}, // Two blocks, the second with its size.
		{`{"type":"array","items":"int"}`, "\x00", `[]`},
		{`{"type":"map","values":"int"}`, "\x04\x02b\x02\x02a\x04\x00", `{"b":1,"a":2}`},
		{`{"type":"record","name":"R","fields":[]}`, "", `{}`},
		{`{"type":"record","name":"R","fields":[{"name":"a\"b\\","type":"int"},{"name":"é","type":"int"}]}`, "\x02\x04", `{"a\"b\\":1,"é":2}`},
		{`{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}`, "\x00", `0.00`},
		{`{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}`, "\x02\xff", `-0.01`},
		{`{"type":"bytes","logicalType":"decimal","precision":4,"scale":0}`, "\x02\x80", `-128`},
		{`{"type":"bytes","logicalType":"decimal","precision":20,"scale":2}`, "\x10\x80\x00\x00\x00\x00\x00\x00\x00", `-92233720368547758.08`},
		{`{"type":"bytes","logicalType":"decimal","precision":30,"scale":3}`, "\x12\x80\x00\x00\x00\x00\x00\x00\x00\x00", `-2361183241434822606.848`},
		{`{"type":"fixed","name":"F","size":3,"logicalType":"decimal","precision":4,"scale":4}`, "\x00\x00\x0c", `0.0012`},
		{`{"type":"bytes","logicalType":"big-decimal"}`, "\x06\x02\x0c\x04", `0.12`},
		{`{"type":"bytes","logicalType":"big-decimal"}`, "\x04\x00\x04", `0.00`},
		{`{"type":"bytes","logicalType":"big-decimal"}`, "\x06\x02\xff\x05", `-1000`},
		{`{"type":"int","logicalType":"date"}`, string(long(-1)), `"1969-12-31"`},
		{`{"type":"int","logicalType":"date"}`, string(long(math.MaxInt32)), `2147483647`},
		{`{"type":"int","logicalType":"time-millis"}`, string(long(86_399_990)), `"23:59:59.99"`},
		{`{"type":"int","logicalType":"time-millis"}`, string(long(86_400_000)), `86400000`},
		{`{"type":"long","logicalType":"time-micros"}`, string(long(1)), `"00:00:00.000001"`},
		{`{"type":"long","logicalType":"timestamp-millis"}`, string(long(-1)), `"1969-12-31T23:59:59.999Z"`},
		{`{"type":"long","logicalType":"timestamp-millis"}`, string(long(math.MaxInt64)), `9223372036854775807`},
		{`{"type":"long","logicalType":"timestamp-nanos"}`, string(long(math.MaxInt64)), `"2262-04-11T23:47:16.854775807Z"`},
		{`{"type":"long","logicalType":"timestamp-nanos"}`, string(long(math.MinInt64)), `"1677-09-21T00:12:43.145224192Z"`},
		{`{"type":"long","logicalType":"local-timestamp-micros"}`, string(long(1_500_000)), `"1970-01-01T00:00:01.5"`},
		{`{"type":"fixed","name":"F","size":16,"logicalType":"uuid"}`, "\x12\x3e\x45\x67\xe8\x9b\x12\xd3\xa4\x56\x42\x66\x14\x17\x40\x00", `"123e4567-e89b-12d3-a456-426614174000"`},
		{`{"type":"fixed","name":"F","size":12,"logicalType":"duration"}`, "\x01\x00\x00\x00\x02\x00\x00\x00\xbc\x0b\x00\x00", `"P1M2DT3.004S"`},
		{`{"type":"fixed","name":"F","size":12,"logicalType":"duration"}`, strings.Repeat("\x00", 12), `"PT0S"`},
		{`{"type":"fixed","name":"F","size":11,"logicalType":"duration"}`, strings.Repeat("\x00", 11), `"AAAAAAAAAAAAAAA="`},
		{`{"type":"int","logicalType":"timestamp-millis"}`, "\x02", `1`},
	} {
		schema := parse(t, test.schema)
		out, err := schema.Decoder(format.Options{}).AppendJSON(nil, []byte(test.body))
		if err != nil || string(out) != test.want || !json.Valid(out) {
			t.Errorf("%s: %x: got %s, %v, want %s", test.schema, test.body, out, err, test.want)
			continue
		}
		again, err := schema.Encoder(avro.EncodeOptions{}).AppendAvro(nil, out)
		if err != nil {
			t.Errorf("%s: %s: %v", test.schema, out, err)
		}
		if out, err = schema.Decoder(format.Options{}).AppendJSON(nil, again); err != nil || string(out) != test.want {
			t.Errorf("%s: %s was encoded as %x, which is %s, %v", test.schema, test.want, again, out, err)
		}
	}
}

const listSchema = `{"type":"record","name":"List","fields":[{"name":"next","type":["null","List"]}]}`

func TestBodiesThatAreRefused(t *testing.T) {
	huge := string(long(math.MaxInt64))
	for _, test := range []struct{ schema, body, want string }{
		{`"boolean"`, "", "byte 0: the boolean has 1 byte, and the body ends after 0"},
		{`"boolean"`, "\x02", "byte 0: the byte 0x02 is no boolean"},
		{`"int"`, string(long(1 << 31)), "byte 0: the number does not fit an int"},
		{`"long"`, strings.Repeat("\xff", 10) + "\x01", "byte 0: the number has more than 64 bits"},
		{`"long"`, "\x80", "byte 0: the body ends within a number"},
		{`"long"`, "\x02\x02\x02", "byte 1: the body has 2 bytes behind the value"},
		{`"double"`, "1234567", "the double has 8 bytes, and the body ends after 7"},
		{`"string"`, huge, "byte 0: the string has 9,223,372,036,854,775,807 bytes, and the body ends after 0"},
		{`"string"`, "\x01", "byte 0: the string has a negative length"},
		{`"string"`, "\x02\xff", "byte 0: the string is not UTF-8"},
		{`["null","int"]`, "\x04", "byte 0: the union has 2 types, and none with the number 2"},
		{`["null","int"]`, "\x01", "byte 0: the union has 2 types, and none with the number -1"},
		{`{"type":"enum","name":"E","symbols":["A"]}`, "\x02", "byte 0: the enum E has 1 symbol, and none with the number 1"},
		{`{"type":"array","items":"long"}`, huge, "byte 0: the list or map goes on with 9,223,372,036,854,775,807 items of at least 1 byte each, and the body ends after 0"},
		{`{"type":"array","items":"long"}`, string(long(math.MinInt64)), "the number of items is out of range"},
		{`{"type":"array","items":"long"}`, "\x01\x04\x02\x00", "byte 0: a block of items ends at byte 3, and at 4 by its size"},
		{`{"type":"array","items":"long"}`, "\x01\x80\x01\x02\x00", "the block of items has 64 bytes, and the body ends after 2"},
		{`{"type":"array","items":"null"}`, string(long(maxEmptyItems)) + string(long(1)) + "\x00", "without bytes, and at most"},
		{`{"type":"array","items":{"type":"array","items":"null"}}`, string(long(2)) + strings.Repeat(string(long(3000))+"\x00", 2) + "\x00", "without bytes, and at most"},
		{`{"type":"map","values":"null"}`, huge, "items of at least 1 byte each"},
		{`{"type":"map","values":"int"}`, "\x04\x02a\x02\x02a\x04\x00", `byte 5: the map has a key twice, which JSON has no unambiguous text for: "a"`},
		{`{"type":"map","values":"int"}`, "\x02\x02\xff\x02\x00", "the key of a map is not UTF-8"},
		{`{"type":"map","values":"string"}`, "\x02\x02a\x06a\x00", "field [0]: the string"},
		{`{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}`, string(long(40_000)) + strings.Repeat("\x01", 40_000), "the decimal has 40000 bytes"},
		{`{"type":"bytes","logicalType":"big-decimal"}`, "\x08\x02\x0c\x04\x00", "byte 0: the big-decimal ends at byte 4, and at 5 by its size"},
		{`{"type":"bytes","logicalType":"big-decimal"}`, "\x02\x02\x0c\x04", "byte 0: the big-decimal ends at byte 4, and at 2 by its size"},
		{`{"type":"bytes","logicalType":"big-decimal"}`, "\x0a\x02\x0c\xff\xff\x7f", "the big-decimal has a scale of -1048576, and at most 10000 is read"},
		{listSchema, strings.Repeat("\x02", 100_000), "is nested more than 500 levels deep"},
		{`{"type":"record","name":"A","fields":[{"name":"a","type":"A"}]}`, "", "is nested more than 500 levels deep"},
		{`{"type":"record","name":"A","fields":[{"name":"a","type":{"type":"array","items":"A"}},{"name":"b","type":"boolean"}]}`, "\x02\x00\x01\x00\x02", "byte 4, field b: the byte 0x02"},
		{`{"type":"record","name":"A","fields":[{"name":"a","type":{"type":"array","items":"A"}},{"name":"b","type":"boolean"}]}`, "\x02\x00\x02\x00\x02", "byte 2, field a[0].b: the byte 0x02"},
	} {
		out, err := parse(t, test.schema).Decoder(format.Options{}).AppendJSON([]byte("before"), []byte(test.body))
		if err == nil || !strings.Contains(err.Error(), test.want) || string(out) != "before" {
			t.Errorf("%s: %.20x: got %.50s, %v, want %s", test.schema, test.body, out, err, test.want)
		}
		if _, ok := errors.AsType[*format.Error](err); !ok {
			t.Errorf("%T", err)
		}
	}
}

// maxEmptyItems is the documented bound.
const maxEmptyItems = 4096

func TestManyKeysOfAMap(t *testing.T) {
	d := parse(t, `{"type":"map","values":"null"}`).Decoder(format.Options{})
	body := long(1001)
	for i := range 1000 {
		key := fmt.Sprint("key", i)
		body = append(append(body, long(int64(len(key)))...), key...)
	}
	unique := append(bytes.Clone(body), "\x08key\xf1\x00"...)
	unique[len(unique)-2] = 'x'
	if _, err := d.AppendJSON(nil, unique); err != nil {
		t.Error(err)
	}
	twice := append(bytes.Clone(body), "\x0ckey500\x00"...)
	if _, err := d.AppendJSON(nil, twice); err == nil || !strings.Contains(err.Error(), `has a key twice, which JSON has no unambiguous text for: "key500"`) {
		t.Error(err)
	}
}

func TestDecodedTextIsBounded(t *testing.T) {
	d := parse(t, `{"type":"array","items":{"type":"enum","name":"E","symbols":["`+strings.Repeat("a", 1000)+`"]}}`).Decoder(format.Options{MaxBytes: 5000})
	few, many := append(append(long(4), 0, 0, 0, 0), 0), append(append(long(1000), make([]byte, 1000)...), 0)
	if out, err := d.AppendJSON(make([]byte, 10_000), few); err != nil || len(out) != 10_000+4*1003+1 {
		t.Errorf("%d bytes, %v", len(out), err)
	}
	if _, err := d.AppendJSON(nil, many); err == nil || !strings.Contains(err.Error(), "field [4]: the JSON text has more than 5000 bytes") {
		t.Error(err)
	}
}

func TestDecodingAllocatesNothing(t *testing.T) {
	for _, bench := range benchmarks {
		schema := parse(t, bench.schema)
		e, d := schema.Encoder(avro.EncodeOptions{}), schema.Decoder(format.Options{})
		body, err := e.AppendAvro(nil, []byte(bench.json))
		if err != nil {
			t.Fatal(err)
		}
		text, back := make([]byte, 0, 4096), make([]byte, 0, 4096)
		if n := testing.AllocsPerRun(100, func() { text, _ = d.AppendJSON(text[:0], body) }); n != 0 {
			t.Errorf("%s: %v allocations to decode", bench.name, n)
		}
		if n := testing.AllocsPerRun(100, func() { back, _ = e.AppendAvro(back[:0], text) }); n != 0 {
			t.Errorf("%s: %v allocations to encode", bench.name, n)
		}
		if string(back) != string(body) {
			t.Errorf("%s: got %x, want %x", bench.name, back, body)
		}
	}
}
