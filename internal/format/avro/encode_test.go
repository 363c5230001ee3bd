package avro_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/avro"
)

const (
	decimalSchema = `{"type":"bytes","logicalType":"decimal","precision":5,"scale":2}`
	millisSchema  = `{"type":"long","logicalType":"timestamp-millis"}`
	nanosSchema   = `{"type":"long","logicalType":"timestamp-nanos"}`
	pairSchema    = `{"type":"record","name":"Pair","fields":[{"name":"a","type":"int"},{"name":"b","type":["null","string"]},{"name":"c","type":"long","default":7}]}`
)

// TestTextThatIsTaken shows what values become, by the text that they are decoded as.
func TestTextThatIsTaken(t *testing.T) {
	for _, test := range []struct{ schema, json, want string }{
		{`"int"`, ` 12 `, `12`},
		{`"int"`, `1.20e1`, `12`},
		{`"int"`, `-0`, `0`},
		{`"long"`, `9223372036854775807`, `9223372036854775807`},
		{`"long"`, `-9223372036854775808`, `-9223372036854775808`},
		{`"long"`, `-9223372036854775808.0`, `-9223372036854775808`},
		{`"long"`, `"9007199254740993"`, `9007199254740993`},
		{`"long"`, `0e999999999999999999999`, `0`},
		{`"float"`, `0.1`, `0.1`},
		{`"double"`, `"NaN"`, `"NaN"`},
		{`"double"`, `"-Infinity"`, `"-Infinity"`},
		{`"string"`, `"aé\ud83d\ude00\n"`, `"aé😀\n"`},
		{`"string"`, `"` + strings.Repeat(`\n`, 100) + `"`, `"` + strings.Repeat(`\n`, 100) + `"`},
		{`"bytes"`, `"AP8="`, `"AP8="`},
		{decimalSchema, `12`, `12.00`},
		{decimalSchema, `"-0.5"`, `-0.50`},
		{decimalSchema, `1.2300`, `1.23`},
		{decimalSchema, `12e-1`, `1.20`},
		{decimalSchema, `999.99`, `999.99`},
		{decimalSchema, `0.000000`, `0.00`},
		{`{"type":"bytes","logicalType":"decimal","precision":40,"scale":0}`, `-1e39`, `-1` + strings.Repeat("0", 39)},
		{`{"type":"bytes","logicalType":"big-decimal"}`, `12.3400`, `12.3400`},
		{`{"type":"bytes","logicalType":"big-decimal"}`, `"-1.5e3"`, `-1500`},
		{`{"type":"bytes","logicalType":"big-decimal"}`, `0e999999999`, `0`},
		{`{"type":"int","logicalType":"date"}`, `"2026-11-29"`, `"2026-11-29"`},
		{`{"type":"int","logicalType":"date"}`, `1`, `"1970-01-02"`},
		{`{"type":"int","logicalType":"time-millis"}`, `"12:34:56.7"`, `"12:34:56.7"`},
		{millisSchema, `"2026-11-29T14:54:00.120000000000+01:30"`, `"2026-11-29T13:24:00.12Z"`},
		{`{"type":"long","logicalType":"local-timestamp-micros"}`, `"2026-11-29T14:54:00"`, `"2026-11-29T14:54:00"`},
		{`{"type":"string","logicalType":"uuid"}`, `"123E4567-e89b-12d3-a456-426614174000"`, `"123E4567-e89b-12d3-a456-426614174000"`},
		{`{"type":"fixed","name":"F","size":12,"logicalType":"duration"}`, `"P1Y2M1W3DT1H1M1.5S"`, `"P14M10DT3661.5S"`},
		{pairSchema, `{"c":1,"b":"x","a":2}`, `{"a":2,"b":"x","c":1}`},
		{pairSchema, `{"a":2}`, `{"a":2,"b":null,"c":7}`},
		{pairSchema, `{"\u0061":2}`, `{"a":2,"b":null,"c":7}`},
		{`{"type":"map","values":"int"}`, `{"b":1,"a":2,"\u0063":3}`, `{"b":1,"a":2,"c":3}`},
		{`{"type":"array","items":"null"}`, `[null,null]`, `[null,null]`},
	} {
		if got, err := throughAvro(t, test.schema, test.json, avro.EncodeOptions{}); err != nil || got != test.want {
			t.Errorf("%s: %s: got %s, %v, want %s", test.schema, test.json, got, err, test.want)
		}
	}
}

func throughAvro(t *testing.T, schema, json string, options avro.EncodeOptions) (string, error) {
	t.Helper()
	s := parse(t, schema)
	body, err := s.Encoder(options).AppendAvro([]byte("before"), []byte(json))
	if err != nil {
		if string(body) != "before" {
			t.Errorf("an error left %q", body)
		}
		return "", err
	}
	out, err := s.Decoder(format.Options{}).AppendJSON(nil, body[len("before"):])
	return string(out), err
}

func TestUnionsTakeTheFirstTypeThatFits(t *testing.T) {
	uuid := `"123e4567-e89b-12d3-a456-426614174000"`
	records := `["null",` +
		`{"type":"record","name":"A","fields":[{"name":"x","type":"int"},{"name":"y","type":"int","default":1}]},` +
		`{"type":"record","name":"B","fields":[{"name":"x","type":"int"}]},` +
		`{"type":"record","name":"C","fields":[{"name":"x","type":"string"},{"name":"z","type":["null","C","B"],"default":null}]},` +
		`{"type":"map","values":"boolean"}]`
	for _, test := range []struct {
		union, json string
		branch      int
	}{
		{`["null","int","long","float","double"]`, `null`, 0},
		{`["null","int","long","float","double"]`, `5`, 1},
		{`["null","int","long","float","double"]`, `5000000000`, 2},
		{`["null","int","long","float","double"]`, `0.5`, 3},
		{`["null","int","long","float","double"]`, `0.1`, 4},
		{`["double","long"]`, `9007199254740993`, 1},
		{`["double","long"]`, `9007199254740992`, 0},
		{`["float","int"]`, `16777217`, 1},
		{`["null","float"]`, `0.1`, 1},
		{`["double",` + decimalSchema + `]`, `1.5`, 0},
		{`["int",` + decimalSchema + `]`, `1.5`, 1},
		{`["int",` + decimalSchema + `]`, `"1.5"`, 1},
		{`[` + millisSchema + `,"string"]`, `"2026-11-29T00:00:00Z"`, 0},
		{`[` + millisSchema + `,"string"]`, `"yesterday"`, 1},
		{`["string",` + millisSchema + `]`, `"2026-11-29T00:00:00Z"`, 0},
		{`["string",` + millisSchema + `]`, `7`, 1},
		{`[` + millisSchema + `,"double"]`, `7`, 1},
		{`[{"type":"enum","name":"E","symbols":["a"]},"string"]`, `"a"`, 0},
		{`[{"type":"enum","name":"E","symbols":["a"]},"string"]`, `"b"`, 1},
		{`["bytes","string"]`, `"AAAA"`, 1},
		{`["bytes","int"]`, `"AAAA"`, 0},
		{`[{"type":"fixed","name":"U","size":16,"logicalType":"uuid"},"string"]`, uuid, 0},
		{`[{"type":"fixed","name":"U","size":16,"logicalType":"uuid"},"string"]`, `"x"`, 1},
		{`["double","string"]`, `"NaN"`, 1},
		{`["double","null"]`, `"NaN"`, 0},
		{`["boolean",{"type":"array","items":"int"}]`, `true`, 0},
		{`["boolean",{"type":"array","items":"int"}]`, `[1]`, 1},
		{`[{"type":"map","values":"float"},{"type":"record","name":"A","fields":[{"name":"x","type":"long"}]}]`, `{"x":16777217}`, 1},
		{`[{"type":"map","values":"float"},{"type":"record","name":"A","fields":[{"name":"x","type":"long"}]}]`, `{"x":0.1}`, 0},
		{records, `{"x":1,"y":2}`, 1},
		{records, `{"x":1}`, 2},
		{records, `{"x":"a"}`, 3},
		{records, `{"x":"a","z":{"x":"b","z":{"x":1}}}`, 3},
		{records, `{"x":true}`, 4},
		{records, `{}`, 4},
	} {
		body, err := parse(t, test.union).Encoder(avro.EncodeOptions{}).AppendAvro(nil, []byte(test.json))
		if err != nil || int(body[0]) != 2*test.branch {
			t.Errorf("%s: %s: got %x, %v, want type %d", test.union, test.json, body, err, test.branch)
		}
	}
}

func TestTextThatIsRefused(t *testing.T) {
	for _, test := range []struct{ schema, json, want string }{
		{`"int"`, ``, "byte 0: the text is not JSON: the text ends where int has to come"},
		{`"int"`, `1 2`, "byte 2: the text is more than one JSON value"},
		{`"int"`, `"1"`, "the schema wants int"},
		{`"int"`, `null`, "byte 0: null, where the schema wants int"},
		{`"int"`, `2147483648`, "byte 0: the value is out of the range of int"},
		{`"long"`, `9223372036854775808`, "out of the range of long"},
		{`"long"`, `1e30`, "out of the range of long"},
		{`"long"`, `1.5`, "the number is no integer, and the schema wants long"},
		{`"long"`, `1e-99999999999999999999`, "the number is no integer"},
		{`"float"`, `1e39`, "out of the range of float"},
		{`"string"`, `1`, "the schema wants string"},
		{`"string"`, "\"\xff\"", "the string has invalid UTF-8"},
		{`"string"`, `"\ud800"`, "half of a surrogate pair"},
		{`"bytes"`, `"é"`, "the string is not base64, and the schema wants bytes"},
		{`{"type":"fixed","name":"F","size":2}`, `"AAAA"`, "the base64 string does not have the 2 bytes of fixed F"},
		{`{"type":"enum","name":"E","symbols":["A","B"]}`, `"C"`, `byte 0: the enum E has no such symbol. It has A, B: "\"C\""`},
		{decimalSchema, `0.001`, `the number has more decimal places than decimal(5,2): round it before: "0.001"`},
		{decimalSchema, `1000`, "the number has more digits than decimal(5,2)"},
		{decimalSchema, `1e999999999999`, "the number has more digits than decimal(5,2)"},
		{decimalSchema, `"1,5"`, "the schema wants decimal(5,2)"},
		{decimalSchema, `" 1"`, "the schema wants decimal(5,2)"},
		{`{"type":"bytes","logicalType":"big-decimal"}`, `1e-10001`, "out of the range of big-decimal"},
		{`{"type":"bytes","logicalType":"big-decimal"}`, `1e10000`, "out of the range of big-decimal"},
		{millisSchema, `"2026-11-29T14:54:00.0001Z"`, "the fraction of the second has more digits than timestamp-millis: round it before"},
		{nanosSchema, `"2026-11-29T14:54:00.0000000001Z"`, "the fraction of the second has more digits"},
		{nanosSchema, `"2300-01-01T00:00:00Z"`, "out of the range of timestamp-nanos"},
		{nanosSchema, `"1677-09-21T00:12:43.145224191Z"`, "out of the range of timestamp-nanos"},
		{millisSchema, `"2026-11-29T14:54:00"`, "the string is no timestamp-millis: the schema wants text such as 2006-01-02T15:04:05Z"},
		{`{"type":"int","logicalType":"date"}`, `"2026-02-30"`, "the string is no date"},
		{`{"type":"long","logicalType":"local-timestamp-micros"}`, `"2026-11-29T14:54:00Z"`, "the string is no local-timestamp-micros"},
		{`{"type":"string","logicalType":"uuid"}`, `"123e4567e89b12d3a456426614174000"`, "the string is no UUID"},
		{`{"type":"fixed","name":"F","size":12,"logicalType":"duration"}`, `"PT4294968S"`, "the string is no duration"},
		{`{"type":"fixed","name":"F","size":12,"logicalType":"duration"}`, `"P1H"`, "the string is no duration"},
		{pairSchema, `{"b":"x"}`, "byte 8, field a: the member is missing, and the schema has no default for it"},
		{pairSchema, `{"a":1,"d":2}`, `byte 7: the schema's record Pair has no field of this name: "d"`},
		{pairSchema, `{"a":1,"a":2}`, "byte 7, field a: the object has this member twice"},
		{pairSchema, `{"c":1,"c":2,"a":1}`, "byte 7, field c: the object has this member twice"},
		{pairSchema, `{"a":1,"b":2}`, "byte 11, field b: a number, where the schema wants one of null, string"},
		{pairSchema, `{"a":1,}`, "byte 7: the text is not JSON: a name in quotes has to come here"},
		{pairSchema, `[]`, "byte 0: an array, where the schema wants record Pair"},
		{`{"type":"array","items":` + pairSchema + `}`, `[{"a":1},{"a":true}]`, "byte 14, field [1].a: a boolean, where the schema wants int"},
		{`{"type":"map","values":"int"}`, `{"a":1,"\u0061":2}`, `the object has a name twice: "a"`},
		{`["null","int","string"]`, `true`, "byte 0: a boolean, where the schema wants one of null, int, string"},
		{`["null","int","long"]`, `1.5`, "the value fits none of the types of the union: it wants one of null, int, long: \"1.5\""},
		{listSchema, strings.Repeat(`{"next":`, 100_000), "is nested more than 500 levels deep"},
		{pairSchema, `{"b":` + strings.Repeat(`[`, 100_000), "is nested more than 500 levels deep"},
		{`{"type":"array","items":"null"}`, `[null` + strings.Repeat(`,null`, maxEmptyItems) + `]`, "items without bytes"},
	} {
		_, err := throughAvro(t, test.schema, test.json, avro.EncodeOptions{})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %.100s: %v, want %s", test.schema, test.json, err, test.want)
		}
		if _, ok := errors.AsType[*format.Error](err); !ok {
			t.Errorf("%T", err)
		}
	}
}

func TestUnknownMembersAreIgnoredIfAsked(t *testing.T) {
	got, err := throughAvro(t, pairSchema, `{"x":{"y":[1,"}"]},"a":1,"z":2}`, avro.EncodeOptions{IgnoreUnknown: true})
	if want := `{"a":1,"b":null,"c":7}`; err != nil || got != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

func TestEncodingIsBounded(t *testing.T) {
	schema := fmt.Sprintf(`{"type":"array","items":{"type":"record","name":"R","fields":[{"name":"a","type":"string","default":%q}]}}`, strings.Repeat("x", 1000))
	if _, err := throughAvro(t, schema, `[{},{},{},{}]`, avro.EncodeOptions{MaxBytes: 5000}); err != nil {
		t.Error(err)
	}
	if _, err := throughAvro(t, schema, `[{},{},{},{},{}]`, avro.EncodeOptions{MaxBytes: 5000}); err == nil || !strings.Contains(err.Error(), "the encoded value has more than 5000 bytes") {
		t.Error(err)
	}
}

// A union of records within records of the union would take twice the time for each level, if each level tried both.
func TestAttemptsAreBounded(t *testing.T) {
	const levels = 400
	schema := `["null",` +
		`{"type":"record","name":"A","fields":[{"name":"x","type":["null","A",{"type":"record","name":"B","fields":[{"name":"x","type":["null","A","B"]},{"name":"b","type":"int"}]}]},{"name":"a","type":"int"}]},"B"]`
	json := strings.Repeat(`{"x":`, levels) + "null" + strings.Repeat(`,"c":1}`, levels)
	if _, err := throughAvro(t, schema, json, avro.EncodeOptions{}); err == nil {
		t.Error("a member that no type has was taken")
	}
	json = strings.Repeat(`{"x":`, 20) + "null" + strings.Repeat(`,"b":1}`, 20)
	if got, err := throughAvro(t, schema, json, avro.EncodeOptions{}); err != nil || got != json {
		t.Errorf("got %s, %v", got, err)
	}
}
