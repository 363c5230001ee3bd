package lookup_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

func TestCanonical(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		typ       lookup.Type
		raw, want string
	}{
		{lookup.Any, `5`, `5`},
		{lookup.Any, `-0`, `0`},
		{lookup.Any, `"5"`, `"5"`},
		{lookup.Any, `true`, `true`},
		{lookup.Any, `123456789012345678901234567890`, `123456789012345678901234567890`},
		{lookup.Any, ` "a\u0062\/" `, `"ab/"`},
		{lookup.Any, `"\u0000\u001f\u007f\n"`, "\"\\u0000\\u001f\x7f\\n\""},
		{lookup.Any, `"\ud83d\ude00"`, `"😀"`},
		{lookup.Bigint, `123`, `123`},
		{lookup.Bigint, `"00123"`, `123`},
		{lookup.Bigint, `-9223372036854775808`, `-9223372036854775808`},
		{lookup.Bigint, `9223372036854775807`, `9223372036854775807`},
		{lookup.Bigint, `"-0"`, `0`},
		{lookup.Bigint, `"\u0031"`, `1`},
		{lookup.Integer, `2147483647`, `2147483647`},
		{lookup.Smallint, `-32768`, `-32768`},
		{lookup.Numeric, `12`, `12`},
		{lookup.Numeric, `"12.500"`, `"12.5"`},
		{lookup.Numeric, `"-012.000"`, `-12`},
		{lookup.Numeric, `"-0.0"`, `0`},
		{lookup.Numeric, `"-0.50"`, `"-0.5"`},
		{lookup.Numeric, `123456789012345678901234567890`, `123456789012345678901234567890`},
		{lookup.Numeric, `7.00`, `7`},
		{lookup.Numeric, `7.25`, `"7.25"`},
		{lookup.Numeric, `0.5`, `"0.5"`},
		{lookup.Numeric, `-5e-1`, `"-0.5"`},
		{lookup.Numeric, `12.5E+1`, `125`},
		{lookup.Numeric, `1e-7`, `"0.0000001"`},
		{lookup.Numeric, `-0.0e999999999999`, `0`},
		{lookup.Bigint, `7.0`, `7`},
		{lookup.Bigint, `1e3`, `1000`},
		{lookup.Bigint, `-0.0`, `0`},
		{lookup.Integer, `2.147483647e9`, `2147483647`},
		{lookup.Any, `7.00`, `7`},
		{lookup.Any, `7.250`, `7.25`},
		{lookup.Text, `7.00`, `"7"`},
		{lookup.Text, `7.250`, `"7.25"`},
		{lookup.Text, `5`, `"5"`},
		{lookup.Text, `-0`, `"0"`},
		{lookup.Text, `false`, `"false"`},
		{lookup.Text, `"a\"b\\"`, `"a\"b\\"`},
		{lookup.Text, `"ü"`, `"ü"`},
		{lookup.Text, `"\u00fc"`, `"ü"`},
		{lookup.Text, `""`, `""`},
		{lookup.CaselessText, `"ÀB"`, `"àb"`},
		{lookup.CaselessASCII, `"aB c"`, `"ab c"`},
		{lookup.CaselessASCII, `"\u0041\"B"`, `"a\"b"`},
		{lookup.CaselessASCII, `"ÀB"`, `"ÀB"`},
		{lookup.CaselessASCII, `"AB "`, `"AB "`},
		{lookup.CaselessASCII, `"A\tB"`, `"A\tB"`},
		{lookup.CaselessASCII, `7`, `"7"`},
		{lookup.CaselessASCII, `""`, `""`},
		{lookup.Timestamptz, `"2024-02-29 23:30:00.5+00"`, `"2024-02-29T23:30:00.5Z"`},
		{lookup.Timestamptz, `"2024-02-29 23:30:00Z"`, `"2024-02-29T23:30:00Z"`},
		{lookup.Timestamptz, `"2024-02-29 23:30:00-0130"`, `"2024-03-01T01:00:00Z"`},
		{lookup.Timestamptz, `"2024-02-29 23:30:00+05:30"`, `"2024-02-29T18:00:00Z"`},
		{lookup.PaddedText, `" a  "`, `" a"`},
		{lookup.UUID, `"{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}"`, `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`},
		{lookup.UUID, `"a0eebc999c0b4ef8bb6d6bb9bd380a11"`, `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`},
		{lookup.UUID, `"a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11"`, `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`},
		{lookup.Boolean, `true`, `true`},
		{lookup.Boolean, `"False"`, `false`},
		{lookup.Timestamptz, `"2024-03-01T01:30:00.1234567+02:00"`, `"2024-02-29T23:30:00.123457Z"`},
		{lookup.Timestamptz, `"2024-02-29T23:30:00.000Z"`, `"2024-02-29T23:30:00Z"`},
		{lookup.Timestamp, `"2024-02-29 23:30:00.50"`, `"2024-02-29T23:30:00.5"`},
		{lookup.Date, `"2024-02-29"`, `"2024-02-29"`},
	} {
		got, err := tc.typ.Canonical([]byte(tc.raw))
		if err != nil || string(got) != tc.want {
			t.Errorf("%s %s: got %s (%v), want %s", tc.typ, tc.raw, got, err, tc.want)
		}
		appended, err := tc.typ.AppendCanonical([]byte("x"), []byte(tc.raw))
		if err != nil || string(appended) != "x"+tc.want {
			t.Errorf("%s %s appended: got %s (%v), want x%s", tc.typ, tc.raw, appended, err, tc.want)
		}
	}
}

func TestCanonicalRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		typ       lookup.Type
		raw, says string
	}{
		{lookup.Bigint, `7.5`, "7.5 is a number with a fraction, not a bigint"},
		{lookup.Bigint, `75e-1`, "7.5 is a number with a fraction, not a bigint"},
		{lookup.Bigint, `"7.0"`, `"7.0" is not a bigint`},
		{lookup.Bigint, `1e19`, "10000000000000000000 is out of range for a bigint"},
		{lookup.Any, `1e999999999`, "1e999999999 has more than 1024 digits"},
		{lookup.Numeric, `-1e-999999999`, "-1e-999999999 has more than 1024 digits"},
		{lookup.Numeric, `1e99999999999999999999`, "more than 1024 digits"},
		{lookup.UUID, `0.5`, "0.5 is a number with a fraction, not a uuid"},
		{lookup.Numeric, `1.`, "1. is not JSON"},
		{lookup.Numeric, `.5`, ".5 is not JSON"},
		{lookup.Numeric, `1e`, "1e is not JSON"},
		{lookup.Numeric, `1e+`, "1e+ is not JSON"},
		{lookup.Numeric, `00.5`, "00.5 is not JSON"},
		{lookup.Numeric, `1.5x`, "1.5x is not JSON"},
		{lookup.Any, `{"a":1}`, "an object cannot be a key"},
		{lookup.Any, `[1]`, "a list cannot be a key"},
		{lookup.Any, `01`, "01 is not JSON"},
		{lookup.Any, `-`, "- is not JSON"},
		{lookup.Any, `nil`, "nil is not JSON"},
		{lookup.Any, `"a`, "does not end"},
		{lookup.Any, `"`, "does not end"},
		{lookup.Any, `"a\"`, "does not end"},
		{lookup.Any, `"a"b"`, "more than one"},
		{lookup.Any, `"\x"`, "escape"},
		{lookup.Any, `"\u12g4"`, "escape"},
		{lookup.Any, `"\ud800"`, "surrogate"},
		{lookup.Any, `"\udc00\ud800"`, "surrogate"},
		{lookup.Any, "\"\xff\"", "not UTF-8"},
		{lookup.Any, "\"a\nb\"", "control character"},
		{lookup.Any, `"` + strings.Repeat("x", 1023) + `"`, "1025 bytes long: at most 1024"},
		{lookup.Bigint, `"abc"`, `"abc" is not a bigint`},
		{lookup.Bigint, `""`, `"" is not a bigint`},
		{lookup.Bigint, `"+5"`, "not a bigint"},
		{lookup.Bigint, `" 5"`, "not a bigint"},
		{lookup.Bigint, `"1_000"`, "not a bigint"},
		{lookup.Bigint, `"0x1"`, "not a bigint"},
		{lookup.Bigint, `true`, "true is a boolean, not a bigint"},
		{lookup.Bigint, `9223372036854775808`, "9223372036854775808 is out of range for a bigint"},
		{lookup.Integer, `2147483648`, "out of range for an integer"},
		{lookup.Smallint, `"-32769"`, "out of range for a smallint"},
		{lookup.Numeric, `"1e5"`, "not a numeric"},
		{lookup.Numeric, `"NaN"`, "not a numeric"},
		{lookup.Numeric, `"."`, "not a numeric"},
		{lookup.Text, `"a\u0000b"`, "NUL"},
		{lookup.UUID, `5`, "5 is an integer, not a uuid"},
		{lookup.UUID, `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1"`, "not a uuid"},
		{lookup.UUID, `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a111"`, "not a uuid"},
		{lookup.UUID, `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g"`, "not a uuid"},
		{lookup.Boolean, `1`, "1 is an integer, not a boolean"},
		{lookup.Boolean, `"yes"`, "not a boolean"},
		{lookup.Timestamptz, `"2024-02-29"`, "write it as 2006-01-02T15:04:05Z"},
		{lookup.Timestamptz, `1700000000`, "not a timestamptz"},
		{lookup.Timestamptz, `"9999-12-31T23:59:59.9999999Z"`, "out of range"},
		{lookup.Timestamp, `"2024-02-29T23:30:00Z"`, "write it as 2006-01-02T15:04:05"},
		{lookup.Date, `"2023-02-29"`, "not a date"},
	} {
		got, err := tc.typ.Canonical([]byte(tc.raw))
		if err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s %.40s: got %.40s (%v), want an error that says %q", tc.typ, tc.raw, got, err, tc.says)
		}
		if errors.Is(err, stages.ErrNoKey) {
			t.Errorf("%s %.40s is no key: it must be an unusable one", tc.typ, tc.raw)
		}
	}
}

func TestCanonicalOfNothing(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"", "null", " null ", " "} {
		if _, err := lookup.Bigint.Canonical([]byte(raw)); !errors.Is(err, stages.ErrNoKey) {
			t.Errorf("%q: %v, want no key", raw, err)
		}
		if _, err := (lookup.Types{lookup.Text, lookup.Bigint}).Canonical([]byte(`"a"`), []byte(raw)); !errors.Is(err, stages.ErrNoKey) {
			t.Errorf("%q in a composite key: %v, want no key", raw, err)
		}
	}
}

func TestErrorsQuoteLittle(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{`"` + strings.Repeat("é", 400) + `"`, strings.Repeat("1", 900), "1." + strings.Repeat("1", 900), strings.Repeat("x", 900)} {
		_, err := lookup.Bigint.Canonical([]byte(raw))
		if err == nil {
			t.Fatalf("%.20s: no error", raw)
		}
		if n := max(strings.Count(err.Error(), "é")*2, strings.Count(err.Error(), "1"), strings.Count(err.Error(), "x")); n > 64 {
			t.Errorf("%d bytes of the key are quoted: %v", n, err)
		}
	}
}

func TestCompositeKeys(t *testing.T) {
	t.Parallel()
	types := lookup.Types{lookup.Text, lookup.Bigint}
	key, err := types.Canonical([]byte(`"t,1]\""`), []byte(`"005"`))
	if err != nil || key != `["t,1]\"",5]` {
		t.Errorf("got %s (%v)", key, err)
	}
	if parts := fmt.Sprint(key.AppendParts(nil)); parts != `["t,1]\"" 5]` {
		t.Errorf("the parts are %s", parts)
	}
	if parts := lookup.Key(`"[a]"`).AppendParts(nil); len(parts) != 1 || parts[0] != `"[a]"` {
		t.Errorf("the parts of a single key are %s", parts)
	}
	for says, raws := range map[string][][]byte{
		`part 2: "x" is not a bigint`:  {[]byte(`"a"`), []byte(`"x"`)},
		"the key has 1 part, not 2":    {[]byte(`"a"`)},
		"bytes long: at most 1024 are": {[]byte(`"` + strings.Repeat("a", 1020) + `"`), []byte("12345")},
	} {
		if _, err := types.Canonical(raws...); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want an error that says %q", err, says)
		}
	}
}

func TestKeyRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		texts := rapid.SliceOfN(rapid.StringN(0, 40, 100), 2, 5).Draw(rt, "texts")
		var (
			types lookup.Types
			raws  [][]byte
		)
		for _, text := range texts {
			raw, err := json.Marshal(text)
			if err != nil {
				rt.Fatal(err)
			}
			types, raws = append(types, lookup.Any), append(raws, raw)
		}
		key, err := types.Canonical(raws...)
		if err != nil {
			rt.Fatal(err)
		}
		var back []string
		for _, part := range key.AppendParts(nil) {
			back = append(back, string(part.AppendText(nil)))
		}
		if got, want := fmt.Sprintf("%q", back), fmt.Sprintf("%q", texts); got != want {
			rt.Errorf("%s came back as %s", want, got)
		}
	})
}

func TestParseType(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]lookup.Type{
		"bigint": lookup.Bigint, "INT8": lookup.Bigint, "int": lookup.Integer, "string": lookup.Text, "UUID": lookup.UUID, "bool": lookup.Boolean, "any": lookup.Any,
	} {
		if got, err := lookup.ParseType(name); err != nil || got != want {
			t.Errorf("%s: got %v (%v), want %v", name, got, err, want)
		}
	}
	if _, err := lookup.ParseType("serial"); err == nil || !strings.Contains(err.Error(), "bigint, numeric") {
		t.Errorf("serial: %v, want an error that lists the names", err)
	}
}

func TestCanonicalAllocatesNothing(t *testing.T) {
	for typ, raw := range map[lookup.Type]string{
		lookup.Bigint: "1234567", lookup.Integer: "12345", lookup.Text: `"user-1234"`, lookup.Any: `"user-1234"`,
		lookup.UUID: `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`,
	} {
		b := []byte(raw)
		if n := testing.AllocsPerRun(100, func() {
			if _, err := typ.Canonical(b); err != nil {
				t.Error(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", typ, n)
		}
	}
}

// spelling is one of the ways to write unscaled·10^exponent.
func spelling(t *rapid.T, unscaled int64, exponent int) string {
	digits, sign := fmt.Sprint(unscaled), ""
	if unscaled < 0 {
		digits, sign = digits[1:], "-"
	}
	zeros := 0
	if unscaled != 0 {
		zeros = rapid.IntRange(0, 5).Draw(t, "zeros")
	}
	digits, exponent = digits+strings.Repeat("0", zeros), exponent-zeros
	if point := rapid.IntRange(1, len(digits)).Draw(t, "point"); point < len(digits) && (digits[0] != '0' || point == 1) {
		digits, exponent = digits[:point]+"."+digits[point:], exponent+len(digits)-point
	}
	e := rapid.SampledFrom([]string{"e%d", "E%+d", "e%04d"}).Draw(t, "e")
	return sign + digits + fmt.Sprintf(e, exponent)
}

func TestNumbersAreTheirValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		unscaled := rapid.Int64().Draw(rt, "unscaled")
		exponent := rapid.IntRange(-40, 40).Draw(rt, "exponent")
		other := unscaled + rapid.Int64Range(-3, 3).Draw(rt, "difference")
		for _, typ := range []lookup.Type{lookup.Any, lookup.Numeric, lookup.Text, lookup.Bigint} {
			one, err := typ.Canonical([]byte(spelling(rt, unscaled, exponent)))
			again, errAgain := typ.Canonical([]byte(spelling(rt, unscaled, exponent)))
			if one != again || (err == nil) != (errAgain == nil) {
				rt.Fatalf("%s: two spellings of %de%d are %s (%v) and %s (%v)", typ, unscaled, exponent, one, err, again, errAgain)
			}
			different, errOther := typ.Canonical([]byte(spelling(rt, other, exponent)))
			if err == nil && errOther == nil && (one == different) != (unscaled == other) {
				rt.Fatalf("%s: %de%d and %de%d are %s and %s", typ, unscaled, exponent, other, exponent, one, different)
			}
		}
	})
}

func FuzzCanonical(f *testing.F) {
	for _, raw := range []string{`5`, `"00123"`, `"\ud83d\ude00"`, `null`, `"2024-02-29T23:30:00.5+02:00"`, `{"a":[1]}`, `"{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}"`, `"-0.50"`, "\"\xff", `1e5`, `7.00`, `-1.25e-3`, `1e999999999`, `"İß  "`} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for typ := lookup.Any; typ <= lookup.Date; typ++ {
			key, err := typ.AppendCanonical(nil, raw)
			if err != nil {
				continue
			}
			if !json.Valid(key) || len(key) > lookup.MaxKeyBytes {
				t.Errorf("%s %q: the key is not JSON, or too long: %q", typ, raw, key)
			}
			again, err := typ.Canonical(key)
			if err != nil || string(again) != string(key) {
				t.Errorf("%s %q: the key of %s is %s (%v)", typ, raw, key, again, err)
			}
		}
	})
}

func BenchmarkCanonical(b *testing.B) {
	for _, bc := range []struct {
		typ lookup.Type
		raw string
	}{
		{lookup.Bigint, "1234567"},
		{lookup.Bigint, `"1234567"`},
		{lookup.Text, `"user-1234567"`},
		{lookup.Text, "1234567"},
		{lookup.UUID, `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`},
		{lookup.UUID, `"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"`},
	} {
		b.Run(fmt.Sprintf("%s/%.12s", bc.typ, bc.raw), func(b *testing.B) {
			b.ReportAllocs()
			raw := []byte(bc.raw)
			for b.Loop() {
				if _, err := bc.typ.Canonical(raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
