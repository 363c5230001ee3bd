package lookupkey

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

func (t Type) bits() int {
	switch t { //nolint:exhaustive // The others are no integers.
	case Smallint:
		return 16
	case Integer:
		return 32
	}
	return 64
}

func (t Type) appendInteger(dst []byte, v value) ([]byte, error) {
	if v.kind == booleanValue || v.kind == fractionValue {
		return dst, t.mismatch(v)
	}
	// ParseInt understands a plus sign, which no integer in JSON has.
	if len(v.text) > 0 && v.text[0] == '+' {
		return dst, t.mismatch(v)
	}
	n, err := strconv.ParseInt(string(v.text), 10, t.bits())
	switch {
	case errors.Is(err, strconv.ErrRange):
		return dst, fmt.Errorf("%s is out of range for %s", Excerpt(v.text), t.article())
	case err != nil:
		return dst, t.mismatch(v)
	}
	return strconv.AppendInt(dst, n, 10), nil
}

// appendNumeric appends an integer as a number, and a number with a fraction as a string: databases compare its digits, which
// no reader of JSON may round.
func appendNumeric(dst []byte, v value) ([]byte, error) {
	text := v.text
	if v.kind == booleanValue || !isDecimal(text) {
		return dst, Numeric.mismatch(v)
	}
	whole, fraction, _ := bytes.Cut(text, []byte("."))
	fraction = bytes.TrimRight(fraction, "0")
	if len(fraction) == 0 {
		return appendDecimal(dst, whole), nil
	}
	dst = append(dst, '"')
	if whole[0] == '-' {
		dst, whole = append(dst, '-'), whole[1:]
	}
	dst = appendDecimal(dst, whole)
	dst = append(dst, '.')
	dst = append(dst, fraction...)
	return append(dst, '"'), nil
}

// isDecimal reports whether text is an optional minus, digits, and optionally a point and more digits.
func isDecimal(text []byte) bool {
	text = bytes.TrimPrefix(text, []byte("-"))
	whole, fraction, found := bytes.Cut(text, []byte("."))
	return len(whole) > 0 && (!found || len(fraction) > 0) && allDigits(whole) && allDigits(fraction)
}

func allDigits(text []byte) bool {
	for _, c := range text {
		if !isDigit(c) {
			return false
		}
	}
	return true
}

// appendDecimal appends an integer without leading zeros, and zero without a sign.
func appendDecimal(dst, digits []byte) []byte {
	negative := len(digits) > 0 && digits[0] == '-'
	if negative {
		digits = digits[1:]
	}
	digits = bytes.TrimLeft(digits, "0")
	switch {
	case len(digits) == 0:
		return append(dst, '0')
	case negative:
		dst = append(dst, '-')
	}
	return append(dst, digits...)
}

func appendBoolean(dst []byte, v value) ([]byte, error) {
	switch {
	case v.kind == booleanValue:
		return append(dst, v.text...), nil
	case v.kind == stringValue && bytes.EqualFold(v.text, []byte("true")):
		return append(dst, "true"...), nil
	case v.kind == stringValue && bytes.EqualFold(v.text, []byte("false")):
		return append(dst, "false"...), nil
	}
	return dst, Boolean.mismatch(v)
}
