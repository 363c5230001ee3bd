package format_test

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/format"
)

// TestParseInteger compares numbers in any notation with those of package big.
func TestParseInteger(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,22})(\.[0-9]{1,6}|\.0{1,4})?([eE][+-]?[0-9]{1,2})?`).Draw(t, "number")
		if !format.IsNumber([]byte(text)) {
			t.Fatalf("%s is a number", text)
		}
		want, ok := new(big.Rat).SetString(text)
		if !ok {
			t.Fatal(text)
		}
		n, problem := format.ParseInteger([]byte(text))
		switch magnitude := new(big.Int).Abs(want.Num()); {
		case !want.IsInt():
			if problem != format.NotWhole {
				t.Errorf("%s: %v %q, want %q", text, n, problem, format.NotWhole)
			}
		case !magnitude.IsUint64():
			if problem != format.TooLarge {
				t.Errorf("%s: %v %q, want %q", text, n, problem, format.TooLarge)
			}
		case problem != "" || n.Magnitude != magnitude.Uint64() || n.Negative != (want.Sign() < 0) && n.Magnitude != 0:
			t.Errorf("%s: %v %q, want %s", text, n, problem, want)
		}
	})
}

func TestWhatIsNoInteger(t *testing.T) {
	for _, text := range []string{"", "-", "01", "1.", ".5", "1e", "+1", "0x1", " 1", "NaN"} {
		if n, problem := format.ParseInteger([]byte(text)); problem != format.NotWhole {
			t.Errorf("%q is %v, %q", text, n, problem)
		}
	}
}
