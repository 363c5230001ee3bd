package protobuf_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/protobuf"
)

// again is the JSON text that a text has after it was a message.
func again(tb testing.TB, name, text string) (string, error) {
	tb.Helper()
	m := message(tb, decodeSchema, name)
	body, err := m.Encoder(protobuf.EncodeOptions{}).AppendProto(nil, []byte(text))
	if err != nil {
		return "", err
	}
	out, err := m.Decoder(format.Options{}).AppendJSON(nil, body)
	if err != nil {
		tb.Fatal(err)
	}
	return string(out), nil
}

func TestEncode(t *testing.T) {
	const rest = `,"raw":"","yes":false,"kind":"UNKNOWN","d":0,"f":0}`
	for _, c := range []struct{ name, message, text, want string }{
		{"any order", "Plain", ` { "name" : "a" , "user_id" : 7 } `, `{"user_id":7,"big":0,"name":"a"` + rest},
		{"the JSON name", "Plain", `{"uid":7}`, `{"user_id":7,"big":0,"name":""` + rest},
		{"numbers as text, and whole numbers in any form", "Plain", `{"user_id":"-9223372036854775808","big":18446744073709551615.00e0}`, `{"user_id":-9223372036854775808,"big":18446744073709551615,"name":""` + rest},
		{"exponents", "Plain", `{"user_id":-12.50e1,"big":1e19}`, `{"user_id":-125,"big":10000000000000000000,"name":""` + rest},
		{"escapes", "Plain", `{"n\u0061me":"\ud83d\ude00\"\\\n"}`, `{"user_id":0,"big":0,"name":"😀\"\\\n"` + rest},
		{"nulls", "Plain", `{"user_id":null,"name":null}`, `{"user_id":0,"big":0,"name":""` + rest},
		{"other values", "Plain", `{"raw":"_-8","yes":true,"kind":"VIEW","d":"-Infinity","f":"0.1"}`, `{"user_id":0,"big":0,"name":"","raw":"/+8=","yes":true,"kind":"VIEW","d":"-Infinity","f":0.1}`},
		{"an enum by its number", "Plain", `{"kind":-1}`, `{"user_id":0,"big":0,"name":"","raw":"","yes":false,"kind":"SEEN","d":0,"f":0}`},
		{"a zero that is set", "Choice", `{"number":0}`, `{"number":0}`},
		{"a null beside the member of a oneof", "Choice", `{"number":null,"text":"x"}`, `{"text":"x"}`},
		{"lists", "Lists", `{"numbers":[1,-2],"names":["a",""],"inners":[{}],"kinds":["VIEW",7]}`, `{"numbers":[1,-2],"names":["a",""],"inners":[{"a":0,"b":0,"list":[]}],"kinds":["VIEW",7]}`},
		{"lists that are empty or null", "Lists", `{"numbers":[],"names":null}`, `{"numbers":[],"names":[],"inners":[],"kinds":[]}`},
		{"maps", "Maps", `{"counts":{"b":1,"a":0},"inners":{"-5":{"a":1}},"flags":{"true":"x","false":""}}`, `{"counts":{"b":1,"a":0},"inners":{"-5":{"a":1,"b":0,"list":[]}},"flags":{"true":"x","false":""}}`},
		{"times", "Times", `{"at":"2025-11-29T16:00:00.12+01:00","took":"-0.5s"}`, `{"at":"2025-11-29T15:00:00.12Z","took":"-0.5s"}`},
		{"times as numbers", "Times", `{"at":-1.5,"took":90}`, `{"at":"1969-12-31T23:59:58.5Z","took":"90s"}`},
		{"wrappers", "Wrapped", `{"number":"5","text":""}`, `{"number":5,"text":""}`},
		{"values of any kind", "Dynamic", `{"object":{"a":null,"b":[1,"x",true,{}]},"value":null}`, `{"object":{"a":null,"b":[1,"x",true,{}]},"value":null}`},
		{"an Any with its type behind", "Dynamic", `{"any":{"number":4,"@type":"x/shop.Choice"}}`, `{"any":{"@type":"x/shop.Choice","number":4}}`},
		{"an Any of a message with a form of its own", "Dynamic", `{"any":{"value":"4s","@type":"x/google.protobuf.Duration"}}`, `{"any":{"@type":"x/google.protobuf.Duration","value":"4s"}}`},
		{"an Any of another schema", "Dynamic", `{"any":{"@type":"x/y","value":"AQ=="}}`, `{"any":{"@type":"x/y","value":"AQ=="}}`},
		{"an Any of nothing", "Dynamic", `{"any":{}}`, `{"any":{}}`},
		{"a FieldMask", "Dynamic", `{"mask":"userId,a.bC,d_e"}`, `{"mask":"userId,a.bC,dE"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := again(t, c.message, c.text)
			if err != nil || got != c.want {
				t.Errorf("%s, %v\nwant %s", got, err, c.want)
			}
		})
	}
}

var manyMembers = func() string {
	var text strings.Builder
	for i := range 40 {
		fmt.Fprintf(&text, `"m%d":0,`, i)
	}
	return text.String()
}()

func TestEncodeRefuses(t *testing.T) {
	for _, c := range []struct{ name, message, text, want string }{
		{"an unknown member", "Plain", `{"nam":1}`, `byte 1: the message shop.Plain has no field of this name: "nam"`},
		{"a long unknown member", "Plain", `{"` + strings.Repeat("é", 60) + `":1}`, "has no field of this name: \"" + strings.Repeat("é", 32)},
		{"both names", "Plain", `{"user_id":1,"uid":1}`, "byte 13, field user_id: it is there twice"},
		{"two members of a oneof", "Choice", `{"number":1,"text":""}`, "byte 12, field text: another member of its oneof is there too; only one of them may be"},
		{"no object", "Plain", `[]`, "byte 0: an array, where the schema wants an object"},
		{"no list", "Lists", `{"numbers":1}`, "byte 11, field numbers: a number, where the schema wants a list"},
		{"a string for a list's element", "Lists", `{"numbers":[1,"x"]}`, `byte 14, field numbers[1]: the value is no whole number: "x"`},
		{"a null in a list", "Lists", `{"names":[null]}`, "byte 10, field names[0]: null, where the schema wants a value for each element"},
		{"a null in a map", "Maps", `{"counts":{"a":null}}`, "byte 15, field counts[0]: null, where the schema wants a value for each key"},
		{"a key twice", "Maps", `{"inners":{"1":{},"2":{"list":[` + strings.Repeat("1,", 200) + `1]},"1.0":{}}}`, "byte 10, field inners: a key of the map is there twice"},
		{"a key twice among many", "Maps", `{"counts":{` + manyMembers + `"m7":0}}`, "byte 10, field counts: a key of the map is there twice"},
		{"a key that is no number", "Maps", `{"inners":{"x":{}}}`, `byte 11, field inners[0]: a key of the map is no whole number: "x"`},
		{"a key that is no boolean", "Maps", `{"flags":{"1":""}}`, `byte 10, field flags[0]: a key of the map is neither true nor false: "1"`},
		{"a fraction", "Plain", `{"user_id":1.5}`, `byte 11, field user_id: the value is no whole number: "1.5"`},
		{"a small number", "Plain", `{"user_id":1e-400000000000}`, `byte 11, field user_id: the value is no whole number: "1e-400000000000"`},
		{"a large number", "Plain", `{"user_id":1e400000000000}`, `byte 11, field user_id: the value has more than 64 bits: "1e400000000000"`},
		{"a number of 65 bits", "Plain", `{"big":18446744073709551616}`, `byte 7, field big: the value has more than 64 bits: "18446744073709551616"`},
		{"a number of 64 bits for 63", "Plain", `{"user_id":9223372036854775808}`, `byte 11, field user_id: the value is not within the range of int64: "9223372036854775808"`},
		{"a negative number", "Plain", `{"big":-1}`, `byte 7, field big: the value is not within the range of uint64: "-1"`},
		{"a number of 33 bits", "Inner", `{"a":2147483648}`, `byte 5, field a: the value is not within the range of int32: "2147483648"`},
		{"a double", "Plain", `{"d":1e400}`, `byte 5, field d: the value is not within the range of a floating-point number of 64 bits: "1e400"`},
		{"a float", "Plain", `{"f":1e40}`, `byte 5, field f: the value is not within the range of a floating-point number of 32 bits: "1e40"`},
		{"what only Go takes for a number", "Plain", `{"d":"0x1p-2"}`, `byte 5, field d: the value is no number: "0x1p-2"`},
		{"an object for a number", "Plain", `{"d":{}}`, "byte 5, field d: an object, where the schema wants a number"},
		{"a number for a string", "Plain", `{"name":1}`, "byte 8, field name: a number, where the schema wants a string"},
		{"no boolean", "Plain", `{"yes":"true"}`, "byte 7, field yes: a string, where the schema wants a boolean"},
		{"no base64", "Plain", `{"raw":"*"}`, `byte 7, field raw: the value is no base64: "*"`},
		{"no name of an enum", "Plain", `{"kind":"view"}`, `byte 8, field kind: the value is no value of the enum, which has UNKNOWN, VIEW, others: "view"`},
		{"no number of an enum", "Plain", `{"kind":2147483648}`, `byte 8, field kind: the value is no number of an enum's value: "2147483648"`},
		{"no time", "Times", `{"at":"2025-11-29"}`, `byte 6, field at: the value is no time of RFC 3339 with at most 9 decimal places, such as 2026-11-29T08:00:00Z: "2025-11-29"`},
		{"picoseconds", "Times", `{"at":"2025-11-29T16:00:00.1234567891Z"}`, `byte 6, field at: the value is no time of RFC 3339 with at most 9 decimal places, such as 2026-11-29T08:00:00Z: "2025-11-29T16:00:00.1234567891Z"`},
		{"a year too early", "Times", `{"at":-62135596801}`, `byte 6, field at: the value is not within the years 1 to 9999: "-62135596801"`},
		{"no duration", "Times", `{"took":"1m"}`, `byte 8, field took: the value is no duration, such as 1.5s: "1m"`},
		{"a long duration", "Times", `{"took":"315576000001s"}`, `byte 8, field took: the value is longer than 10,000 years: "315576000001s"`},
		{"no path of a FieldMask", "Dynamic", `{"mask":"a,.b"}`, `byte 8, field mask: the value holds a path that is none, or has no form in lowerCamelCase: ".b"`},
		{"an empty path of a FieldMask", "Dynamic", `{"mask":"a,"}`, `the value holds a path that is none, or has no form in lowerCamelCase: ""`},
		{"an Any without a type", "Dynamic", `{"any":{"a":1}}`, "byte 7, field any: the object has no member @type, which says what message it is"},
		{"an Any of another schema with fields", "Dynamic", `{"any":{"@type":"x/y","a":1}}`, `byte 22, field any: the message in the Any has no members but @type and value: "a"`},
		{"nothing", "Plain", ``, "byte 0: the text is not JSON: the text ends where an object has to come"},
		{"half", "Plain", `{`, "byte 1: the text is not JSON"},
		{"more", "Plain", `{"name":"a"} x`, "byte 13: the text is more than one JSON value"},
		{"a member twice", "Plain", `{"name":"a","name":"b"}`, "byte 12, field name: it is there twice"},
		{"text that is not UTF-8", "Plain", "{\"name\":\"\xff\"}", "byte 8, field name: the string has invalid UTF-8"},
		{"levels", "Inner", strings.Repeat(`{"inner":`, 100) + "{}" + strings.Repeat("}", 100), "messages are nested more than 100 levels deep"},
		{"levels of lists", "Dynamic", `{"value":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "}", "messages are nested more than 100 levels deep"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := again(t, c.message, c.text)
			if _, ok := errors.AsType[*format.Error](err); !ok || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v\nwant %s", err, c.want)
			}
		})
	}
}

func TestEncodeOptions(t *testing.T) {
	m := message(t, decodeSchema, "Inner")
	const text = `{"x":[{"y":"]\"}"}],"a":1,"z":null,"inner":{"q":-1.5e3}}`
	body, err := m.Encoder(protobuf.EncodeOptions{IgnoreUnknown: true}).AppendProto(nil, []byte(text))
	if want := []byte{0x08, 1, 0x22, 0}; err != nil || !bytes.Equal(body, want) {
		t.Errorf("%x, %v, want %x", body, err, want)
	}
	dst := []byte("before")
	body, err = m.Encoder(protobuf.EncodeOptions{MaxBytes: 100}).AppendProto(dst, []byte(`{"list":[`+strings.Repeat("1,", 200)+`1]}`))
	if err == nil || !strings.Contains(err.Error(), "the message is more than 100 bytes") || string(body) != "before" {
		t.Errorf("%s, %v", body, err)
	}
}

// TestEncodeOrdersFields writes the same message from all orders of its members.
func TestEncodeOrdersFields(t *testing.T) {
	m := message(t, decodeSchema, "Inner")
	long := strings.Repeat("3,", 200) + "3" // Its length takes two bytes.
	members := []string{`"a":1`, `"b":2`, `"list":[` + long + `]`, `"inner":{"list":[` + long + `],"a":5}`}
	want := encoded(t, m, "{"+strings.Join(members, ",")+"}")
	for range 24 {
		members[0], members[1], members[2], members[3] = members[1], members[2], members[3], members[0]
		members[0], members[1] = members[1], members[0]
		if got := encoded(t, m, "{"+strings.Join(members, ",")+"}"); !bytes.Equal(got, want) {
			t.Fatalf("%v: %x, want %x", members, got, want)
		}
	}
}
