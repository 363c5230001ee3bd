package lookupkey_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/loaderline/loaderline/internal/lookupkey"
)

func TestCanonical(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		typ       lookupkey.Type
		raw, want string
	}{
		{lookupkey.Any, `5`, `5`},
		{lookupkey.Any, `-0`, `0`},
		{lookupkey.Any, `"5"`, `"5"`},
		{lookupkey.Any, `true`, `true`},
		{lookupkey.Any, `123456789012345678901234567890`, `123456789012345678901234567890`},
		{lookupkey.Any, ` "a\u0062\/" `, `"ab/"`},
		{lookupkey.Any, `"\u0000\u001f\u007f\n"`, "\"\\u0000\\u001f\x7f\\n\""},
		{lookupkey.Any, `"\ud83d\ude00"`, `"😀"`},
		{lookupkey.Bigint, `123`, `123`},
		{lookupkey.Bigint, `"00123"`, `123`},
		{lookupkey.Bigint, `-9223372036854775808`, `-9223372036854775808`},
		{lookupkey.Bigint, `9223372036854775807`, `9223372036854775807`},
		{lookupkey.Bigint, `"-0"`, `0`},
		{lookupkey.Bigint, `"\u0031"`, `1`},
		{lookupkey.Integer, `2147483647`, `2147483647`},
		{lookupkey.Smallint, `-32768`, `-32768`},
		{lookupkey.Numeric, `12`, `12`},
		{lookupkey.Numeric, `"12.500"`, `"12.5"`},
		{lookupkey.Numeric, `"-012.000"`, `-12`},
		{lookupkey.Numeric, `"-0.0"`, `0`},
		{lookupkey.Numeric, `"-0.50"`, `"-0.5"`},
		{lookupkey.Numeric, `123456789012345678901234567890`, `123456789012345678901234567890`},
		{lookupkey.Numeric, `7.00`, `7`},
		{lookupkey.Numeric, `7.25`, `"7.25"`},
		{lookupkey.Numeric, `0.5`, `"0.5"`},
		{lookupkey.Numeric, `-5e-1`, `"-0.5"`},
		{lookupkey.Numeric, `12.5E+1`, `125`},
		{lookupkey.Numeric, `1e-7`, `"0.0000001"`},
		{lookupkey.Numeric, `-0.0e999999999999`, `0`},
		{lookupkey.Bigint, `7.0`, `7`},
		{lookupkey.Bigint, `1e3`, `1000`},
		{lookupkey.Bigint, `-0.0`, `0`},
		{lookupkey.Integer, `2.147483647e9`, `2147483647`},
		{lookupkey.Any, `7.00`, `7`},
		{lookupkey.Any, `7.250`, `7.25`},
		{lookupkey.Text, `7.00`, `"7"`},
		{lookupkey.Text, `7.250`, `"7.25"`},
		{lookupkey.Text, `5`, `"5"`},
		{lookupkey.Text, `-0`, `"0"`},
		{lookupkey.Text, `false`, `"false"`},
		{lookupkey.Text, `"a\"b\\"`, `"a\"b\\"`},
		{lookupkey.Text, `"ü"`, `"ü"`},
		{lookupkey.Text, `"\u00fc"`, `"ü"`},
		{lookupkey.Text, `""`, `""`},
		{lookupkey.CaselessText, `"ÀB"`, `"àb"`},
		{lookupkey.CaselessASCII, `"aB c"`, `"ab c"`},
		{lookupkey.CaselessASCII, `"\u0041\"B"`, `"a\"b"`},
		{lookupkey.CaselessASCII, `"ÀB"`, `"ÀB"`},
		{lookupkey.CaselessASCII, `"AB "`, `"AB "`},
		{lookupkey.CaselessASCII, `"A\tB"`, `"A\tB"`},
		{lookupkey.CaselessASCII, `7`, `"7"`},
		{lookupkey.CaselessASCII, `""`, `""`},
		{lookupkey.Timestamptz, `"2024-02-29 23:30:00.5+00"`, `"2024-02-29T23:30:00.5Z"`},
		{lookupkey.Timestamptz, `"2024-02-29 23:30:00Z"`, `"2024-02-29T23:30:00Z"`},
		{lookupkey.Timestamptz, `"2024-02-29 23:30:00-0130"`, `"2024-03-01T01:00:00Z"`},
		{lookupkey.Timestamptz, `"2024-02-29 23:30:00+05:30"`, `"2024-02-29T18:00:00Z"`},
		{lookupkey.PaddedText, `" a  "`, `" a"`},
		{lookupkey.UUID, `"{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}"`, `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`},
		{lookupkey.UUID, `"a0eebc999c0b4ef8bb6d6bb9bd380a11"`, `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`},
		{lookupkey.UUID, `"a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11"`, `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`},
		{lookupkey.Boolean, `true`, `true`},
		{lookupkey.Boolean, `"False"`, `false`},
		{lookupkey.Timestamptz, `"2024-03-01T01:30:00.1234567+02:00"`, `"2024-02-29T23:30:00.123457Z"`},
		{lookupkey.Timestamptz, `"2024-02-29T23:30:00.000Z"`, `"2024-02-29T23:30:00Z"`},
		{lookupkey.Timestamp, `"2024-02-29 23:30:00.50"`, `"2024-02-29T23:30:00.5"`},
		{lookupkey.Date, `"2024-02-29"`, `"2024-02-29"`},
		{lookupkey.ObjectID, `"65f0C0ffee0123456789ABCD"`, `"65f0c0ffee0123456789abcd"`},
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

func TestCanonicalAllocatesNothing(t *testing.T) {
	for typ, raw := range map[lookupkey.Type]string{
		lookupkey.Bigint: "1234567", lookupkey.Integer: "12345", lookupkey.Text: `"user-1234"`, lookupkey.Any: `"user-1234"`,
		lookupkey.UUID: `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`,
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

func FuzzCanonical(f *testing.F) {
	for _, raw := range []string{`5`, `"00123"`, `"\ud83d\ude00"`, `null`, `"2024-02-29T23:30:00.5+02:00"`, `{"a":[1]}`, `"{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}"`, `"-0.50"`, `"65f0C0ffee0123456789ABCD"`, "\"\xff", `1e5`, `7.00`, `-1.25e-3`, `1e999999999`, `"İß  "`} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for typ := lookupkey.Any; typ <= lookupkey.ObjectID; typ++ {
			key, err := typ.AppendCanonical(nil, raw)
			if err != nil {
				continue
			}
			if !json.Valid(key) || len(key) > lookupkey.MaxBytes {
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
		typ lookupkey.Type
		raw string
	}{
		{lookupkey.Bigint, "1234567"},
		{lookupkey.Bigint, `"1234567"`},
		{lookupkey.Text, `"user-1234567"`},
		{lookupkey.Text, "1234567"},
		{lookupkey.UUID, `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`},
		{lookupkey.UUID, `"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"`},
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
