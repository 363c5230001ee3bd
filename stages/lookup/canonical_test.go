package lookup_test

import (
	"encoding/json"
	"fmt"
	"testing"

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
