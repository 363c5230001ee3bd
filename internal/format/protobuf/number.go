package protobuf

import "bytes"

// integer is a whole number of at most 64 bits.
type integer struct {
	negative  bool
	magnitude uint64
}

const (
	notWhole = "is no whole number"
	tooLarge = "has more than 64 bits"
)

// integerOf reads a number of JSON that is whole, as 12, 12.0 or 1.2e1. It returns what is wrong with it.
func integerOf(text []byte) (n integer, problem string) {
	rest, negative := bytes.CutPrefix(text, []byte("-"))
	n.negative = negative
	if len(rest) == 0 || len(rest) > 18 {
		return decimalOf(text)
	}
	for _, c := range rest {
		if c < '0' || c > '9' {
			return decimalOf(text)
		}
		n.magnitude = 10*n.magnitude + uint64(c-'0')
	}
	if rest[0] == '0' && len(rest) > 1 {
		return n, notWhole
	}
	return n, ""
}

// decimalOf reads what integerOf has no short way for.
func decimalOf(text []byte) (n integer, problem string) {
	if !isNumber(text) {
		return n, notWhole
	}
	text, n.negative = bytes.CutPrefix(text, []byte("-"))
	mantissa, exponent := text, 0
	if i := bytes.IndexAny(text, "eE"); i >= 0 {
		mantissa, exponent = text[:i], exponentOf(text[i+1:])
	}
	whole, fraction, _ := bytes.Cut(mantissa, []byte("."))
	// The value is whole·fraction × 10^(exponent-len(fraction)). Zeros at its ends are no digits of it.
	digits := bytes.TrimLeft(append(append(make([]byte, 0, len(whole)+len(fraction)), whole...), fraction...), "0")
	exponent -= len(fraction)
	significant := bytes.TrimRight(digits, "0")
	exponent += len(digits) - len(significant)
	switch {
	case len(significant) == 0:
		return n, ""
	case exponent < 0:
		return n, notWhole
	case len(significant)+exponent > 20:
		return n, tooLarge
	}
	for i := range len(significant) + exponent {
		digit := uint64(0)
		if i < len(significant) {
			digit = uint64(significant[i] - '0')
		}
		next := 10*n.magnitude + digit
		if n.magnitude > (1<<64-1)/10 || next < digit {
			return n, tooLarge
		}
		n.magnitude = next
	}
	return n, ""
}

// exponentOf reads an exponent. It stops at a million: texts are shorter.
func exponentOf(text []byte) int {
	exponent, negative := 0, text[0] == '-'
	for _, c := range bytes.TrimLeft(text, "+-") {
		if exponent = 10*exponent + int(c-'0'); exponent > 1e9 {
			exponent = 1e9
		}
	}
	if negative {
		return -exponent
	}
	return exponent
}

// isNumber says whether text is a number of JSON.
func isNumber(text []byte) bool {
	text = bytes.TrimPrefix(text, []byte("-"))
	whole := digitsOf(text)
	if whole == 0 || text[0] == '0' && whole > 1 {
		return false
	}
	text = text[whole:]
	if len(text) > 0 && text[0] == '.' {
		fraction := digitsOf(text[1:])
		if fraction == 0 {
			return false
		}
		text = text[1+fraction:]
	}
	if len(text) > 0 && (text[0] == 'e' || text[0] == 'E') {
		text = text[1:]
		if len(text) > 0 && (text[0] == '+' || text[0] == '-') {
			text = text[1:]
		}
		exponent := digitsOf(text)
		return exponent > 0 && exponent == len(text)
	}
	return len(text) == 0
}

// digitsOf counts the digits that text begins with.
func digitsOf(text []byte) int {
	n := 0
	for n < len(text) && '0' <= text[n] && text[n] <= '9' {
		n++
	}
	return n
}
