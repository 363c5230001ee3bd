package lookupkey_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/lookupkey"
)

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
		for _, typ := range []lookupkey.Type{lookupkey.Any, lookupkey.Numeric, lookupkey.Text, lookupkey.Bigint} {
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
