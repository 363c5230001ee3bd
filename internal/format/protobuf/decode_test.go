package protobuf_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/loaderline/loaderline/internal/format"
)

// wire builds messages by hand.
type wire []byte

func (w wire) varint(number protowire.Number, v uint64) wire {
	return protowire.AppendVarint(protowire.AppendTag(w, number, protowire.VarintType), v)
}

func (w wire) bytes(number protowire.Number, v string) wire {
	return protowire.AppendString(protowire.AppendTag(w, number, protowire.BytesType), v)
}

func (w wire) double(number protowire.Number, v float64) wire {
	return protowire.AppendFixed64(protowire.AppendTag(w, number, protowire.Fixed64Type), math.Float64bits(v))
}

func (w wire) tag(number protowire.Number, t protowire.Type) wire {
	return protowire.AppendTag(w, number, t)
}

const decodeSchema = `syntax = "proto3";
package shop;
import "google/protobuf/any.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/wrappers.proto";
enum Kind { UNKNOWN = 0; VIEW = 1; SEEN = -1; }
message Inner { int32 a = 1; int32 b = 2; repeated int32 list = 3; Inner inner = 4; }
message Choice { oneof one { int32 number = 1; Inner inner = 2; string text = 3; } }
message Plain { int64 user_id = 1 [json_name = "uid"]; uint64 big = 2; string name = 3; bytes raw = 4; bool yes = 5; Kind kind = 6; double d = 7; float f = 8; }
message Lists { repeated int32 numbers = 1; repeated string names = 2; repeated Inner inners = 3; repeated Kind kinds = 4; }
message Maps { map<string, int32> counts = 1; map<int64, Inner> inners = 2; map<bool, string> flags = 3; }
message Times { google.protobuf.Timestamp at = 1; google.protobuf.Duration took = 2; }
message Wrapped { google.protobuf.Int64Value number = 1; google.protobuf.StringValue text = 2; }
message Dynamic { google.protobuf.Struct object = 1; google.protobuf.Value value = 2; google.protobuf.Any any = 3; google.protobuf.FieldMask mask = 4; }
`

func decode(tb testing.TB, name string, options format.Options, body []byte) (string, error) {
	tb.Helper()
	out, err := message(tb, decodeSchema, name).Decoder(options).AppendJSON(nil, body)
	return string(out), err
}

func TestDecode(t *testing.T) {
	huge := uint64(1) << 63
	for _, c := range []struct {
		name, message string
		body          wire
		want          string
	}{
		{"fields without presence that are absent", "Plain", nil, `{"user_id":0,"big":0,"name":"","raw":"","yes":false,"kind":"UNKNOWN","d":0,"f":0}`},
		{"integers with all digits", "Plain", wire{}.varint(1, huge).varint(2, math.MaxUint64), `{"user_id":-9223372036854775808,"big":18446744073709551615,"name":"","raw":"","yes":false,"kind":"UNKNOWN","d":0,"f":0}`},
		{"any order, the last one wins", "Plain", wire{}.bytes(3, "x").varint(1, 7).bytes(3, "é\"\n"), `{"user_id":7,"big":0,"name":"é\"\n","raw":"","yes":false,"kind":"UNKNOWN","d":0,"f":0}`},
		{"bytes, an enum and a special number", "Plain", wire{}.bytes(4, "\x00\xff").varint(6, math.MaxUint64).double(7, math.Inf(-1)), `{"user_id":0,"big":0,"name":"","raw":"AP8=","yes":false,"kind":"SEEN","d":"-Infinity","f":0}`},
		{"a number that the enum does not name", "Plain", wire{}.varint(6, 9), `{"user_id":0,"big":0,"name":"","raw":"","yes":false,"kind":9,"d":0,"f":0}`},
		{"fields that the schema does not know", "Choice", wire{}.varint(90, 1).tag(91, protowire.StartGroupType).bytes(1, "x").tag(91, protowire.EndGroupType).bytes(92, "y").double(93, 1), `{}`},
		{"a message in pieces", "Inner", wire{}.bytes(4, string(wire{}.varint(1, 1).varint(3, 5))).varint(1, 9).bytes(4, string(wire{}.varint(2, 2).varint(1, 3).varint(3, 6))), `{"a":9,"b":0,"list":[],"inner":{"a":3,"b":2,"list":[5,6]}}`},
		{"the member that came last", "Choice", wire{}.varint(1, 0).bytes(2, "").bytes(3, ""), `{"text":""}`},
		{"a member that was replaced and came again", "Choice", wire{}.bytes(2, string(wire{}.varint(1, 1))).varint(1, 5).bytes(2, string(wire{}.varint(2, 2))), `{"inner":{"a":0,"b":2,"list":[]}}`},
		{"a member in pieces", "Choice", wire{}.bytes(2, string(wire{}.varint(1, 1))).bytes(2, string(wire{}.varint(2, 2))), `{"inner":{"a":1,"b":2,"list":[]}}`},
		{"a list that is packed and not", "Lists", wire{}.varint(1, 1).bytes(1, "\x02\x03").bytes(2, "a").bytes(1, "").varint(1, 4), `{"numbers":[1,2,3,4],"names":["a"],"inners":[],"kinds":[]}`},
		{"lists of messages and enums", "Lists", wire{}.bytes(3, "").bytes(4, "\x01\x00").bytes(3, string(wire{}.varint(1, 1))), `{"numbers":[],"names":[],"inners":[{"a":0,"b":0,"list":[]},{"a":1,"b":0,"list":[]}],"kinds":["VIEW","UNKNOWN"]}`},
		{"a map with a key that comes again", "Maps", wire{}.bytes(1, string(wire{}.bytes(1, "b").varint(2, 1))).bytes(1, string(wire{}.bytes(1, "a").varint(2, 2))).bytes(1, string(wire{}.bytes(1, "b").varint(2, 3))), `{"counts":{"a":2,"b":3},"inners":{},"flags":{}}`},
		{"entries without key and value", "Maps", wire{}.bytes(1, "").bytes(2, "").bytes(3, string(wire{}.varint(1, 1))), `{"counts":{"":0},"inners":{"0":{"a":0,"b":0,"list":[]}},"flags":{"true":""}}`},
		{"times", "Times", wire{}.bytes(1, string(wire{}.varint(1, 1764428400).varint(2, 120_000_000))).bytes(2, string(wire{}.varint(2, math.MaxUint64-499_999_999))), `{"at":"2025-11-29T15:00:00.12Z","took":"-0.5s"}`},
		{"wrappers", "Wrapped", wire{}.bytes(1, "").bytes(2, string(wire{}.bytes(1, "x"))), `{"number":0,"text":"x"}`},
		{"values of any kind", "Dynamic", wire{}.bytes(2, string(wire{}.bytes(6, string(wire{}.bytes(1, "").bytes(1, string(wire{}.double(2, math.NaN()))).bytes(1, string(wire{}.varint(1, 0))))))), `{"value":[null,"NaN",null]}`},
		{"an Any of the schema", "Dynamic", wire{}.bytes(3, string(wire{}.bytes(1, "x/shop.Choice").bytes(2, string(wire{}.varint(1, 4))))), `{"any":{"@type":"x/shop.Choice","number":4}}`},
		{"an Any of a message with a form of its own", "Dynamic", wire{}.bytes(3, string(wire{}.bytes(1, "x/google.protobuf.Duration").bytes(2, string(wire{}.varint(1, 4))))), `{"any":{"@type":"x/google.protobuf.Duration","value":"4s"}}`},
		{"an Any of another schema", "Dynamic", wire{}.bytes(3, string(wire{}.bytes(1, "x/y").bytes(2, "\x01"))), `{"any":{"@type":"x/y","value":"AQ=="}}`},
		{"an Any of nothing", "Dynamic", wire{}.bytes(3, ""), `{"any":{}}`},
		{"a FieldMask", "Dynamic", wire{}.bytes(4, string(wire{}.bytes(1, "user_id").bytes(1, "a.b_c"))), `{"mask":"userId,a.bC"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := decode(t, c.message, format.Options{}, c.body)
			if err != nil || got != c.want {
				t.Errorf("%s, %v\nwant %s", got, err, c.want)
			}
		})
	}
}

func TestDecodeOptions(t *testing.T) {
	got, err := decode(t, "Wrapped", format.Options{Int64AsText: true}, wire{}.bytes(1, string(wire{}.varint(1, 5))))
	if err != nil || got != `{"number":"5"}` {
		t.Errorf("%s, %v", got, err)
	}
	for _, c := range []struct {
		seconds int64
		nanos   int32
		want    string
	}{
		{1764428400, 120_000_000, "1764428400.12"}, {-2, 500_000_000, "-1.5"}, {-1, 999_999_999, "-0.000000001"}, {0, 0, "0"}, {7, 0, "7"},
	} {
		body := wire{}.bytes(1, string(wire{}.varint(1, uint64(c.seconds)).varint(2, uint64(c.nanos))))
		got, err := decode(t, "Times", format.Options{TimesAsNumbers: true}, body)
		if err != nil || got != `{"at":`+c.want+`}` {
			t.Errorf("%s, %v, want %s", got, err, c.want)
		}
	}
}

// nested is a message within messages, so that it has as many levels.
func nested(levels int) wire {
	var w wire
	for range levels - 1 {
		w = wire{}.bytes(4, string(w))
	}
	return w
}

func TestDecodeRefuses(t *testing.T) {
	group := wire{}
	for range 101 {
		group = group.tag(90, protowire.StartGroupType)
	}
	for _, c := range []struct {
		name, message string
		body          wire
		want          string
	}{
		{"a cut number", "Plain", wire{0x08, 0x80}, "byte 1, field user_id: the message ends within a number; it is cut"},
		{"a cut tag", "Plain", wire{0x80}, "byte 0: the message ends within a number; it is cut"},
		{"a cut string", "Plain", wire{0x1a, 0x05, 'a'}, "byte 1, field name: a value of 5 bytes begins and 1 follow; the message is cut"},
		{"a hostile length", "Plain", wire{0x1a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, "byte 1, field name: a value of 9223372036854775807 bytes begins and 0 follow; the message is cut"},
		{"cut fixed bits", "Plain", wire{0x39, 1, 2}, "byte 1, field d: the message ends within 8 bytes of a number; it is cut"},
		{"a long number", "Plain", append(wire{0x08}, strings.Repeat("\xff", 11)...), "byte 1, field user_id: a number has more than 64 bits; this is no Protobuf message, or a damaged one"},
		{"field 0", "Plain", wire{0x00}, "byte 0: 0 is no field number; this is no Protobuf message, or a damaged one"},
		{"another wire type", "Plain", wire{}.bytes(1, "x"), "byte 0, field user_id: its wire type is 2, where int64 has 0; the message is of another schema"},
		{"wire type 7", "Plain", wire{0x0f}, "byte 1, field user_id: 7 is no wire type; this is no Protobuf message, or a damaged one"},
		{"a group that only ends", "Plain", wire{0x0c}, "byte 1, field user_id: a group ends that did not begin; this is no Protobuf message, or a damaged one"},
		{"a group that only begins", "Plain", wire{}.tag(90, protowire.StartGroupType), "byte 2: the message ends within a group; it is cut"},
		{"groups that cross", "Plain", wire{}.tag(90, protowire.StartGroupType).tag(91, protowire.EndGroupType), "byte 2: group 91 ends within group 90; this is no Protobuf message, or a damaged one"},
		{"deep groups", "Plain", group, "byte 200: groups are nested more than 100 levels deep"},
		{"a string that is not UTF-8", "Lists", wire{}.bytes(2, "a").bytes(2, "\xff"), "byte 5, field names[1]: the string has invalid UTF-8"},
		{"a key that is not UTF-8", "Maps", wire{}.bytes(1, string(wire{}.bytes(1, "\xff"))), "byte 4, field counts[0]: the string has invalid UTF-8"},
		{"a field in a list", "Lists", wire{}.bytes(3, "").bytes(3, "\x08"), "byte 5, field inners[1].a: the message ends within a number; it is cut"},
		{"a cut packed list", "Lists", wire{}.bytes(1, "\x01\x80"), "byte 3, field numbers[1]: the message ends within a number; it is cut"},
		{"levels", "Inner", nested(101), "messages are nested more than 100 levels deep"},
		{"a timestamp out of range", "Times", wire{}.bytes(1, string(wire{}.varint(1, 1<<60))), "byte 2, field at: the timestamp is not within the years 1 to 9999"},
		{"a duration with two signs", "Times", wire{}.bytes(2, string(wire{}.varint(1, 1).varint(2, math.MaxUint64))), "byte 2, field took: the duration is longer than 10,000 years, or its seconds and nanoseconds have different signs"},
		{"a FieldMask without a form", "Dynamic", wire{}.bytes(4, string(wire{}.bytes(1, "userId"))), "byte 4, field mask[0]: the path of a FieldMask has no form in JSON; its names are of the characters a-z, 0-9 and _"},
		{"an Any that is damaged", "Dynamic", wire{}.bytes(3, string(wire{}.bytes(1, "x/shop.Choice").bytes(2, "\x08"))), "byte 20, field any.(shop.Choice).number: the message ends within a number; it is cut"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := decode(t, c.message, format.Options{}, c.body)
			if _, ok := errors.AsType[*format.Error](err); !ok || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v\nwant %s", err, c.want)
			}
		})
	}
}

func TestDecodeHasLimits(t *testing.T) {
	if got, err := decode(t, "Inner", format.Options{}, nested(100)); err != nil || !json.Valid([]byte(got)) {
		t.Errorf("100 levels: %v", err)
	}
	// A few bytes in a list become many: each element has all fields of its message.
	for name, body := range map[string]wire{
		"Lists": wire(strings.Repeat(string(wire{}.bytes(3, "")), 1000)),
		"Plain": wire{}.bytes(3, strings.Repeat("a", 2000)),
		"Maps":  wire(strings.Repeat(string(wire{}.bytes(2, "")), 1000)),
	} {
		_, err := decode(t, name, format.Options{MaxBytes: 1000}, body)
		if name == "Maps" { // The same key each time: one entry is written.
			if err != nil {
				t.Error(err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), "the message is more than 1000 bytes as JSON") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDecodeAllocatesNothing(t *testing.T) {
	maps := `{"counts":{` + manyMembers + `"a":1},"inners":{"2":{"list":[1,2]},"1":{"inner":{"a":-1}}}}`
	for _, c := range []struct{ schema, message, text string }{{eventSchema, "Enriched", enrichedJSON}, {decodeSchema, "Maps", maps}} {
		m := message(t, c.schema, c.message)
		body, decoder := encoded(t, m, c.text), m.Decoder(format.Options{})
		dst := make([]byte, 0, 1<<16)
		// The fewest of many: with the race detector, a sync.Pool drops some of what it is given.
		fewest := math.Inf(1)
		for range 200 {
			fewest = min(fewest, testing.AllocsPerRun(1, func() {
				if _, err := decoder.AppendJSON(dst, body); err != nil {
					t.Fatal(err)
				}
			}))
		}
		if fewest >= 1 {
			t.Errorf("%s: %v allocations", c.message, fewest)
		}
	}
}
