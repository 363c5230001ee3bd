package jsonenrich

import (
	"errors"
	"unicode/utf8"

	"github.com/loaderline/loaderline/internal/lookupkey"
)

// Format is what the bytes of a value or a key are.
type Format int

// The formats.
const (
	JSON    Format = iota // a JSON object; a key may be any JSON value
	Text                  // the ID, as UTF-8 text
	Integer               // the ID, as a whole number in decimal digits
)

// words says what a key of the format is.
func (f Format) words() string {
	switch f {
	case Text:
		return "text"
	case Integer:
		return "a whole number"
	default:
		return "JSON"
	}
}

// AppendJSON appends what bytes of the format are as JSON. It does not check JSON itself. Its errors continue "the value" or "the key".
func (f Format) AppendJSON(dst, raw []byte) ([]byte, error) {
	switch f {
	case Text:
		if !utf8.Valid(raw) {
			return dst, errors.New("is not text (UTF-8)")
		}
		return lookupkey.AppendString(dst, raw), nil
	case Integer:
		if !isInteger(raw) {
			return dst, errors.New("is not a whole number in decimal digits, such as 42")
		}
		return append(dst, raw...), nil
	default:
		return append(dst, raw...), nil
	}
}

// maxDigits bounds a whole number: no database has a longer key.
const maxDigits = 1000

// isInteger reports whether raw is a whole number as JSON has it.
func isInteger(raw []byte) bool {
	if len(raw) > 0 && raw[0] == '-' {
		raw = raw[1:]
	}
	if len(raw) == 0 || len(raw) > maxDigits || raw[0] == '0' && len(raw) > 1 {
		return false
	}
	for _, c := range raw {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
