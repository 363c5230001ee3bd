package lookup_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

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
