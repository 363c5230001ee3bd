package pipelinetest_test

import (
	"fmt"
	"math/big"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/command/pipelinetest"
	"github.com/loaderline/loaderline/internal/lookupkey"
)

func TestNumber(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "-0": "0", "0.00": "0", "0e9": "0",
		"7": "7", "-7.0": "-7", "70": "70", "1.50": "1.5", "0.050": "0.05", "-12.5e1": "-125",
		"9007199254740993": "9007199254740993", "1E3": "1000", "1e-3": "0.001", "1e20": "100000000000000000000", "1e21": "1e21",
		"12e400": "12e400", "1.2e401": "12e400", "1e-400": "1e-400", "1e99999999999999999999": "1e99999999999999999999",
	} {
		if got := pipelinetest.Number(text); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

// Texts are equal where the numbers are, and mean the same number.
func TestNumberProperties(t *testing.T) {
	texts := rapid.Custom(func(t *rapid.T) string {
		text := fmt.Sprint(rapid.IntRange(-2000, 2000).Draw(t, "whole"))
		if rapid.Bool().Draw(t, "fraction") {
			text += fmt.Sprintf(".%0*d", rapid.IntRange(1, 6).Draw(t, "digits"), rapid.IntRange(0, 9).Draw(t, "last"))
		}
		if rapid.Bool().Draw(t, "exponent") {
			text += fmt.Sprintf("e%d", rapid.IntRange(-30, 30).Draw(t, "scale"))
		}
		return text
	})
	rapid.Check(t, func(rt *rapid.T) {
		a, b := texts.Draw(rt, "a"), texts.Draw(rt, "b")
		if got := pipelinetest.Number(a); value(rt, got).Cmp(value(rt, a)) != 0 || !jsontext.Value(got).IsValid() {
			rt.Fatalf("%s became %s", a, got)
		}
		if equal := value(rt, a).Cmp(value(rt, b)) == 0; equal != (pipelinetest.Number(a) == pipelinetest.Number(b)) {
			rt.Fatalf("%s and %s are equal: %v, but %s and %s", a, b, equal, pipelinetest.Number(a), pipelinetest.Number(b))
		}
	})
}

func value(t *rapid.T, text string) *big.Rat {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatalf("%s is no number", text)
	}
	return r
}

func TestInferredKeyTypes(t *testing.T) {
	const uuid = `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`
	for _, c := range []struct {
		values []jsontext.Value
		want   lookupkey.Type
	}{
		{nil, lookupkey.Any},
		{[]jsontext.Value{[]byte("7"), []byte("-8")}, lookupkey.Bigint},
		{[]jsontext.Value{[]byte("7"), []byte("99999999999999999999")}, lookupkey.Numeric},
		{[]jsontext.Value{[]byte("99999999999999999999"), []byte("7")}, lookupkey.Numeric},
		{[]jsontext.Value{[]byte("true"), []byte("false")}, lookupkey.Boolean},
		{[]jsontext.Value{[]byte(uuid)}, lookupkey.UUID},
		{[]jsontext.Value{[]byte(uuid), []byte(`"a"`)}, lookupkey.Text},
		{[]jsontext.Value{[]byte(`"a"`), []byte(uuid)}, lookupkey.Text},
		{[]jsontext.Value{[]byte(`"a"`), []byte("7")}, lookupkey.Any},
		{[]jsontext.Value{[]byte("7"), []byte(`"a"`), []byte("7")}, lookupkey.Any},
	} {
		if got := pipelinetest.Inferred(c.values); got != c.want {
			t.Errorf("%s: %v, want %v", c.values, got, c.want)
		}
	}
}
