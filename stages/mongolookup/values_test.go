package mongolookup_test

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/stages/mongolookup"
)

// form is a value of a document, and what it is in plain and in Extended JSON. An empty extended is the plain one.
type form struct {
	value           any
	plain, extended string
}

func decimal(tb testing.TB, text string) bson.Decimal128 {
	tb.Helper()
	d, err := bson.ParseDecimal128(text)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// forms are those of values that FerretDB has too.
func forms(tb testing.TB) []form {
	tb.Helper()
	id, err := bson.ObjectIDFromHex("65f0c0ffee0123456789abcd")
	if err != nil {
		tb.Fatal(err)
	}
	uuid := []byte(unhex(tb, "a0eebc999c0b4ef8bb6d6bb9bd380a11"))
	return []form{
		{"a\"\\\n\u0001é😀", `"a\"\\\n\u0001é😀"`, ""},
		{int32(-7), `-7`, ""},
		{int64(math.MaxInt64), `9223372036854775807`, ""},
		{1.5, `1.5`, ""},
		{5.0, `5`, `5.0`},
		{true, `true`, ""},
		{nil, `null`, ""},
		{bson.D{{Key: "b", Value: bson.A{int32(1), "x"}}, {Key: "a", Value: bson.D{}}}, `{"b":[1,"x"],"a":{}}`, ""},
		{id, `"65f0c0ffee0123456789abcd"`, `{"$oid":"65f0c0ffee0123456789abcd"}`},
		{bson.NewDateTimeFromTime(time.Date(2024, 2, 29, 23, 30, 0, 120e6, time.UTC)), `"2024-02-29T23:30:00.12Z"`, `{"$date":"2024-02-29T23:30:00.12Z"}`},
		{bson.NewDateTimeFromTime(time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC)), `"1950-01-01T00:00:00Z"`, `{"$date":{"$numberLong":"-631152000000"}}`},
		{bson.Binary{Data: []byte{0, 0xff}}, `"AP8="`, `{"$binary":{"base64":"AP8=","subType":"00"}}`},
		{bson.Binary{Subtype: 4, Data: uuid}, `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`, `{"$binary":{"base64":"oO68mZwLTvi7bWu5vTgKEQ==","subType":"04"}}`},
		{bson.Regex{Pattern: "^a", Options: "i"}, `{"$regularExpression":{"pattern":"^a","options":"i"}}`, ""},
		{bson.Timestamp{T: 5, I: 6}, `{"$timestamp":{"t":5,"i":6}}`, ""},
	}
}

// rareForms are those of values that FerretDB does not have.
func rareForms(tb testing.TB) []form {
	tb.Helper()
	return []form{
		{decimal(tb, "1234567890123456789012345678.901230"), `1234567890123456789012345678.901230`, `{"$numberDecimal":"1234567890123456789012345678.901230"}`},
		{decimal(tb, "-1E+6111"), `-1E+6111`, `{"$numberDecimal":"-1E+6111"}`},
		{decimal(tb, "NaN"), `"NaN"`, `{"$numberDecimal":"NaN"}`},
		{decimal(tb, "-Infinity"), `"-Infinity"`, `{"$numberDecimal":"-Infinity"}`},
		{math.NaN(), `"NaN"`, `{"$numberDouble":"NaN"}`},
		{math.Inf(1), `"Infinity"`, `{"$numberDouble":"Infinity"}`},
		{math.Inf(-1), `"-Infinity"`, `{"$numberDouble":"-Infinity"}`},
		{math.Copysign(0, -1), `-0`, `-0.0`},
		{1e300, `1e+300`, `1E+300`},
		{bson.DateTime(math.MinInt64), `{"$date":{"$numberLong":"-9223372036854775808"}}`, ""},
		{bson.DateTime(253402300800000), `{"$date":{"$numberLong":"253402300800000"}}`, ""},
		{bson.Binary{Subtype: 4, Data: []byte{1}}, `"AQ=="`, `{"$binary":{"base64":"AQ==","subType":"04"}}`},
		{bson.Binary{Subtype: 3, Data: make([]byte, 16)}, `"AAAAAAAAAAAAAAAAAAAAAA=="`, `{"$binary":{"base64":"AAAAAAAAAAAAAAAAAAAAAA==","subType":"03"}}`},
		{bson.JavaScript("f()"), `{"$code":"f()"}`, ""},
		{bson.CodeWithScope{Code: "f()", Scope: bson.D{{Key: "a", Value: int32(1)}}}, `{"$code":"f()","$scope":{"a":1}}`, ""},
		{bson.Symbol("s"), `{"$symbol":"s"}`, ""},
		{bson.DBPointer{DB: "a.b"}, `{"$dbPointer":{"$ref":"a.b","$id":{"$oid":"000000000000000000000000"}}}`, ""},
		{bson.Undefined{}, `{"$undefined":true}`, ""},
		{bson.MinKey{}, `{"$minKey":1}`, ""},
		{bson.MaxKey{}, `{"$maxKey":1}`, ""},
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	for _, f := range append(forms(t), rareForms(t)...) {
		raw, err := bson.Marshal(bson.D{{Key: "v", Value: f.value}})
		if err != nil {
			t.Fatal(err)
		}
		for _, extended := range []bool{false, true} {
			want := f.plain
			if extended && f.extended != "" {
				want = f.extended
			}
			got, err := mongolookup.Render(raw, extended)
			if err != nil || string(got) != `{"v":`+want+`}` {
				t.Errorf("%T %v, extended %v: %s (%v), want %s", f.value, f.value, extended, got, err, want)
			}
		}
	}
}

// TestExtendedJSONIsTheDrivers compares with the driver's own relaxed Extended JSON.
func TestExtendedJSONIsTheDrivers(t *testing.T) {
	t.Parallel()
	all := append(forms(t), rareForms(t)...)
	rapid.Check(t, func(rt *rapid.T) {
		d := bson.D{}
		for i, at := range rapid.SliceOfN(rapid.IntRange(0, len(all)-1), 0, 8).Draw(rt, "values") {
			value := all[at].value
			if rapid.Bool().Draw(rt, "nested") {
				value = bson.A{bson.D{{Key: "in", Value: value}}, value}
			}
			d = append(d, bson.E{Key: string(rune('a' + i)), Value: value})
		}
		raw, err := bson.Marshal(d)
		if err != nil {
			rt.Fatal(err)
		}
		got, err := mongolookup.Render(raw, true)
		if err != nil {
			rt.Fatal(err)
		}
		want, err := bson.MarshalExtJSON(d, false, false)
		if err != nil {
			rt.Fatal(err)
		}
		if !sameJSON(t, got, want) {
			rt.Errorf("got %s, want %s", got, want)
		}
	})
}

func sameJSON(tb testing.TB, a, b []byte) bool {
	tb.Helper()
	var canonical [2]jsontext.Value
	for i, text := range [][]byte{a, b} {
		canonical[i] = bytes.Clone(text)
		if err := canonical[i].Canonicalize(); err != nil {
			tb.Fatalf("%s: %v", text, err)
		}
	}
	return bytes.Equal(canonical[0], canonical[1])
}

func TestValuesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	twice := bson.D{{Key: "a", Value: 1}, {Key: "a", Value: 2}}
	for want, documents := range map[string][]bson.D{
		"a member twice": {twice, {{Key: "in", Value: bson.A{twice}}}},
		"not UTF-8":      {{{Key: "v", Value: "\xff"}}, {{Key: "\xff", Value: 1}}, {{Key: "v", Value: bson.D{{Key: "w", Value: "a\xc3"}}}}},
	} {
		for _, d := range documents {
			raw, err := bson.Marshal(d)
			if err != nil {
				t.Fatal(err)
			}
			for _, extended := range []bool{false, true} {
				if got, err := mongolookup.Render(raw, extended); err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%v, extended %v: %s (%v), want an error: %s", d, extended, got, err, want)
				}
			}
		}
	}
}

func FuzzDocuments(f *testing.F) {
	for _, v := range append(forms(f), rareForms(f)...) {
		raw, err := bson.Marshal(bson.D{{Key: "a", Value: bson.D{{Key: "b", Value: v.value}}}, {Key: "c", Value: bson.A{v.value}}})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, extended := range []bool{false, true} {
			value, err := mongolookup.Render(raw, extended)
			if err == nil && (!jsontext.Value(value).IsValid() || !json.Valid(value)) {
				t.Errorf("%x is no JSON: %s", raw, value)
			}
		}
		without, err := mongolookup.Without(raw, "a.b", "c")
		if err != nil {
			return
		}
		if value, err := mongolookup.Render(without, false); err == nil && bytes.Contains(value, []byte(`"c":`)) && !bytes.Contains(raw, []byte("\"c\":")) {
			var members map[string]json.RawMessage
			if json.Unmarshal(value, &members) == nil && members["c"] != nil {
				t.Errorf("%x still has c: %s", raw, value)
			}
		}
	})
}
