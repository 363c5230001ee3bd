package format_test

import (
	"encoding/json"
	"math"
	"strconv"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/format"
)

func TestStringsAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune("\x00\x1f\"\\/\u007f\u2028é😀ab")))).Draw(t, "text")
		out, ok := format.AppendString([]byte("before"), []byte(text))
		var back string
		if err := json.Unmarshal(out[len("before"):], &back); !ok || err != nil || back != text {
			t.Fatalf("%q became %s, which is read as %q: %v", text, out, back, err)
		}
	})
}

func TestStringsThatAreNotUTF8(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOf(rapid.SampledFrom([]byte("a\"\xc3\xa9\xff\xed\xa0\x80"))).Draw(t, "text")
		if _, ok := format.AppendString(nil, text); ok != utf8.Valid(text) {
			t.Fatalf("%q: %v", text, ok)
		}
	})
}

func TestFloatsAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.Float64().Draw(t, "value")
		back, err := strconv.ParseFloat(string(format.AppendFloat(nil, value, 64)), 64)
		if err != nil || back != value || math.Signbit(back) != math.Signbit(value) {
			t.Fatalf("%v became %v: %v", value, back, err)
		}
		short := rapid.Float32().Draw(t, "short")
		back, err = strconv.ParseFloat(string(format.AppendFloat(nil, float64(short), 32)), 32)
		if err != nil || float32(back) != short {
			t.Fatalf("%v became %v: %v", short, back, err)
		}
	})
}

func TestNoNumbers(t *testing.T) {
	for value, want := range map[float64]string{math.Inf(1): `"Infinity"`, math.Inf(-1): `"-Infinity"`, 0: "0", 1e20: "100000000000000000000", 1e21: "1e+21"} {
		if got := string(format.AppendFloat(nil, value, 64)); got != want {
			t.Errorf("%v: %s", value, got)
		}
	}
	if got := string(format.AppendFloat(nil, math.NaN(), 32)); got != `"NaN"` {
		t.Error(got)
	}
}

func TestTimes(t *testing.T) {
	for _, test := range []struct {
		at   time.Time
		want string
		ok   bool
	}{
		{time.Unix(0, 0), `"1970-01-01T00:00:00Z"`, true},
		{time.Unix(-1, 999_000_000), `"1969-12-31T23:59:59.999Z"`, true},
		{time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC), `"0000-01-01T00:00:00Z"`, true},
		{time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC), `"9999-12-31T23:59:59.999999999Z"`, true},
		{time.Date(-1, 12, 31, 23, 59, 59, 0, time.UTC), ``, false},
		{time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC), ``, false},
	} {
		got, ok := format.AppendTime(nil, test.at.Unix(), test.at.Nanosecond())
		if string(got) != test.want || ok != test.ok {
			t.Errorf("%v: got %s %v, want %s %v", test.at, got, ok, test.want, test.ok)
		}
	}
}

func TestForeign(t *testing.T) {
	for value, want := range map[string]bool{"Obj\x01\x04": true, "\xc3\x01\x00": true, "\x03\x00abc": true, `{"a":1}`: true, "\x00\x00\x00\x00\x01": false, "": false, "Obj": false} {
		if got := format.Foreign([]byte(value)); (got != "") != want {
			t.Errorf("%q: %q", value, got)
		}
	}
}

func TestErrors(t *testing.T) {
	err := (&format.Error{Offset: 7, Reason: "is wrong", Shown: format.Show([]byte("x"))}).InField("price").InItem(2).InItem(0).InField("items").InField("user")
	if got, want := err.Error(), `byte 7, field user.items[0][2].price: is wrong: "x"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := err.Brief(), `byte 7, field user.items[0][2].price: is wrong`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
