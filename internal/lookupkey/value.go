package lookupkey

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

type valueKind uint8

const (
	stringValue valueKind = iota
	integerValue
	fractionValue
	booleanValue
)

// value is a JSON value that can be a key: a string without quotes and escapes, a number in plain digits (see parseNumber),
// or a boolean as it is.
type value struct {
	kind valueKind
	text []byte
}

func parseValue(raw []byte) (value, error) {
	switch c := raw[0]; {
	case c == '"':
		text, err := appendDecoded(make([]byte, 0, len(raw)), raw)
		return value{stringValue, text}, err
	case c == '-' || isDigit(c):
		return parseNumber(raw)
	case string(raw) == "true" || string(raw) == "false":
		return value{booleanValue, raw}, nil
	case c == '{':
		return value{}, errors.New("an object cannot be a key: a key is a string, a number or a boolean")
	case c == '[':
		return value{}, errors.New("a list cannot be a key: a key is a string, a number or a boolean")
	}
	return value{}, fmt.Errorf("%s is not JSON", Excerpt(raw))
}

// mismatch says that a value is none of a type, in the words of the file.
func (t Type) mismatch(v value) error {
	switch v.kind {
	case booleanValue:
		return fmt.Errorf("%s is a boolean, not %s", v.text, t.article())
	case integerValue:
		return fmt.Errorf("%s is an integer, not %s", Excerpt(v.text), t.article())
	case fractionValue:
		return fmt.Errorf("%s is a number with a fraction, not %s", Excerpt(v.text), t.article())
	default:
		return fmt.Errorf("%q is not %s", Excerpt(v.text), t.article())
	}
}

// Excerpt is the beginning of a value, 64 bytes at most: what is in an event does not belong into messages in full.
func Excerpt(text []byte) string {
	const limit = 64
	if len(text) <= limit {
		return string(text)
	}
	text = text[:limit-len("...")]
	for len(text) > 0 {
		if r, size := utf8.DecodeLastRune(text); r != utf8.RuneError || size != 1 {
			break
		}
		text = text[:len(text)-1]
	}
	return string(text) + "..."
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
