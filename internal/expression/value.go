package expression

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// maxExact is where floats begin to leave out whole numbers.
const maxExact = 1 << 53

// Value is a JSON value for Eval: raw must be valid JSON without space around it. The result is nil, a bool, a string, an int or a float64, a []any or a map[string]any.
func Value(raw []byte) (any, error) {
	switch {
	case len(raw) == 0 || raw[0] == 'n':
		return nil, nil
	case raw[0] == 't':
		return true, nil
	case raw[0] == 'f':
		return false, nil
	case raw[0] == '"' && len(raw) < 2:
		return nil, errNotJSON
	case raw[0] == '"' && bytes.IndexByte(raw, '\\') < 0:
		return string(raw[1 : len(raw)-1]), nil
	case raw[0] == '"':
		text, err := jsontext.AppendUnquote(nil, raw)
		return string(text), err
	case raw[0] == '[', raw[0] == '{':
		v, _, err := nested(raw, 0)
		return v, err
	}
	return number(string(raw))
}

// number is exact, or an error. A whole number of 64 bits is an int, however it is written.
func number(text string) (any, error) {
	if n, err := strconv.Atoi(text); err == nil {
		return n, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	switch {
	case err == nil && math.Abs(f) < maxExact:
		return f, nil
	case strings.ContainsAny(text, ".eE"):
		return nil, errors.New("a number with a fraction or an exponent is too large to be compared exactly")
	}
	return nil, errors.New("a number has more than 64 bits, and cannot be compared exactly")
}
