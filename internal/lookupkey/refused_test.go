package lookupkey_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages"
)

func TestCanonicalRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		typ       lookupkey.Type
		raw, says string
	}{
		{lookupkey.Bigint, `7.5`, "7.5 is a number with a fraction, not a bigint"},
		{lookupkey.Bigint, `75e-1`, "7.5 is a number with a fraction, not a bigint"},
		{lookupkey.Bigint, `"7.0"`, `"7.0" is not a bigint`},
		{lookupkey.Bigint, `1e19`, "10000000000000000000 is out of range for a bigint"},
		{lookupkey.Any, `1e999999999`, "1e999999999 has more than 1024 digits"},
		{lookupkey.Numeric, `-1e-999999999`, "-1e-999999999 has more than 1024 digits"},
		{lookupkey.Numeric, `1e99999999999999999999`, "more than 1024 digits"},
		{lookupkey.UUID, `0.5`, "0.5 is a number with a fraction, not a uuid"},
		{lookupkey.ObjectID, `"65f0c0ffee0123456789abc"`, `"65f0c0ffee0123456789abc" is not an objectid`},
		{lookupkey.ObjectID, `"65f0c0ffee0123456789abcg"`, "is not an objectid"},
		{lookupkey.ObjectID, `650000000000000000000000`, "is an integer, not an objectid"},
		{lookupkey.Numeric, `1.`, "1. is not JSON"},
		{lookupkey.Numeric, `.5`, ".5 is not JSON"},
		{lookupkey.Numeric, `1e`, "1e is not JSON"},
		{lookupkey.Numeric, `1e+`, "1e+ is not JSON"},
		{lookupkey.Numeric, `00.5`, "00.5 is not JSON"},
		{lookupkey.Numeric, `1.5x`, "1.5x is not JSON"},
		{lookupkey.Any, `{"a":1}`, "an object cannot be a key"},
		{lookupkey.Any, `[1]`, "a list cannot be a key"},
		{lookupkey.Any, `01`, "01 is not JSON"},
		{lookupkey.Any, `-`, "- is not JSON"},
		{lookupkey.Any, `nil`, "nil is not JSON"},
		{lookupkey.Any, `"a`, "does not end"},
		{lookupkey.Any, `"`, "does not end"},
		{lookupkey.Any, `"a\"`, "does not end"},
		{lookupkey.Any, `"a"b"`, "more than one"},
		{lookupkey.Any, `"\x"`, "escape"},
		{lookupkey.Any, `"\u12g4"`, "escape"},
		{lookupkey.Any, `"\ud800"`, "surrogate"},
		{lookupkey.Any, `"\udc00\ud800"`, "surrogate"},
		{lookupkey.Any, "\"\xff\"", "not UTF-8"},
		{lookupkey.Any, "\"a\nb\"", "control character"},
		{lookupkey.Any, `"` + strings.Repeat("x", 1023) + `"`, "1025 bytes long: at most 1024"},
		{lookupkey.Bigint, `"abc"`, `"abc" is not a bigint`},
		{lookupkey.Bigint, `""`, `"" is not a bigint`},
		{lookupkey.Bigint, `"+5"`, "not a bigint"},
		{lookupkey.Bigint, `" 5"`, "not a bigint"},
		{lookupkey.Bigint, `"1_000"`, "not a bigint"},
		{lookupkey.Bigint, `"0x1"`, "not a bigint"},
		{lookupkey.Bigint, `true`, "true is a boolean, not a bigint"},
		{lookupkey.Bigint, `9223372036854775808`, "9223372036854775808 is out of range for a bigint"},
		{lookupkey.Integer, `2147483648`, "out of range for an integer"},
		{lookupkey.Smallint, `"-32769"`, "out of range for a smallint"},
		{lookupkey.Numeric, `"1e5"`, "not a numeric"},
		{lookupkey.Numeric, `"NaN"`, "not a numeric"},
		{lookupkey.Numeric, `"."`, "not a numeric"},
		{lookupkey.Text, `"a\u0000b"`, "NUL"},
		{lookupkey.UUID, `5`, "5 is an integer, not a uuid"},
		{lookupkey.UUID, `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1"`, "not a uuid"},
		{lookupkey.UUID, `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a111"`, "not a uuid"},
		{lookupkey.UUID, `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g"`, "not a uuid"},
		{lookupkey.Boolean, `1`, "1 is an integer, not a boolean"},
		{lookupkey.Boolean, `"yes"`, "not a boolean"},
		{lookupkey.Timestamptz, `"2024-02-29"`, "write it as 2006-01-02T15:04:05Z"},
		{lookupkey.Timestamptz, `1700000000`, "not a timestamptz"},
		{lookupkey.Timestamptz, `"9999-12-31T23:59:59.9999999Z"`, "out of range"},
		{lookupkey.Timestamp, `"2024-02-29T23:30:00Z"`, "write it as 2006-01-02T15:04:05"},
		{lookupkey.Date, `"2023-02-29"`, "not a date"},
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
		if _, err := lookupkey.Bigint.Canonical([]byte(raw)); !errors.Is(err, stages.ErrNoKey) {
			t.Errorf("%q: %v, want no key", raw, err)
		}
		if _, err := (lookupkey.Types{lookupkey.Text, lookupkey.Bigint}).Canonical([]byte(`"a"`), []byte(raw)); !errors.Is(err, stages.ErrNoKey) {
			t.Errorf("%q in a composite key: %v, want no key", raw, err)
		}
	}
}

func TestErrorsQuoteLittle(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{`"` + strings.Repeat("é", 400) + `"`, strings.Repeat("1", 900), "1." + strings.Repeat("1", 900), strings.Repeat("x", 900)} {
		_, err := lookupkey.Bigint.Canonical([]byte(raw))
		if err == nil {
			t.Fatalf("%.20s: no error", raw)
		}
		if n := max(strings.Count(err.Error(), "é")*2, strings.Count(err.Error(), "1"), strings.Count(err.Error(), "x")); n > 64 {
			t.Errorf("%d bytes of the key are quoted: %v", n, err)
		}
	}
}
