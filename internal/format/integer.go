package format

import "bytes"

// Integer is a whole number of at most 64 bits and a sign.
type Integer struct {
	Negative  bool
	Magnitude uint64
}

// What is wrong with a number that is no Integer.
const (
	NotWhole = "is no whole number"
	TooLarge = "has more than 64 bits"
)

// ParseInteger reads a number of JSON that is whole, as 12, 12.0 or 1.2e1. It returns what is wrong with it: NotWhole, TooLarge or nothing.
func ParseInteger(text []byte) (n Integer, problem string) {
	rest, negative := bytes.CutPrefix(text, []byte("-"))
	n.Negative = negative
	if len(rest) == 0 || len(rest) > 18 {
		return decimalOf(text)
	}
	for _, c := range rest {
		if c < '0' || c > '9' {
			return decimalOf(text)
		}
		n.Magnitude = 10*n.Magnitude + uint64(c-'0')
	}
	if rest[0] == '0' && len(rest) > 1 {
		return n, NotWhole
	}
	return n, ""
}

// decimalOf reads what ParseInteger has no short way for.
func decimalOf(text []byte) (n Integer, problem string) {
	if !IsNumber(text) {
		return n, NotWhole
	}
	text, n.Negative = bytes.CutPrefix(text, []byte("-"))
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
		return n, NotWhole
	case len(significant)+exponent > 20:
		return n, TooLarge
	}
	for i := range len(significant) + exponent {
		digit := uint64(0)
		if i < len(significant) {
			digit = uint64(significant[i] - '0')
		}
		next := 10*n.Magnitude + digit
		if n.Magnitude > (1<<64-1)/10 || next < digit {
			return n, TooLarge
		}
		n.Magnitude = next
	}
	return n, ""
}

// Unsigned reports whether a number is between zero and the highest one.
func (n Integer) Unsigned(highest uint64) bool {
	return n.Magnitude <= highest && (!n.Negative || n.Magnitude == 0)
}

// Signed returns the bits of a number between -highest-1 and highest.
func (n Integer) Signed(highest uint64) (bits uint64, fits bool) {
	if n.Negative {
		return -n.Magnitude, n.Magnitude <= highest+1
	}
	return n.Magnitude, n.Magnitude <= highest
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

// IsNumber reports whether text is a number of JSON.
func IsNumber(text []byte) bool {
	text = bytes.TrimPrefix(text, []byte("-"))
	whole := LeadingDigits(text)
	if whole == 0 || text[0] == '0' && whole > 1 {
		return false
	}
	text = text[whole:]
	if len(text) > 0 && text[0] == '.' {
		fraction := LeadingDigits(text[1:])
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
		exponent := LeadingDigits(text)
		return exponent > 0 && exponent == len(text)
	}
	return len(text) == 0
}

// LeadingDigits counts the digits that text begins with.
func LeadingDigits(text []byte) int {
	n := 0
	for n < len(text) && '0' <= text[n] && text[n] <= '9' {
		n++
	}
	return n
}
