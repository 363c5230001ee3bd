package lookupkey

import (
	"bytes"
	"fmt"
	"slices"
)

// parseNumber reads a JSON number. Its text is the number in plain digits: no exponent, no zero that changes nothing, no sign
// before zero. So all spellings of a number become the same value: 7, 7.00 and 70e-1.
func parseNumber(raw []byte) (value, error) {
	n, ok := splitNumber(raw)
	if !ok {
		return value{}, fmt.Errorf("%s is not JSON", Excerpt(raw))
	}
	digits := slices.Concat(n.whole, n.fraction)
	point := n.exponent + len(n.whole) // Where the point is in digits, or would beyond either end.
	leading := len(digits) - len(bytes.TrimLeft(digits, "0"))
	digits, point = bytes.TrimRight(digits[leading:], "0"), point-leading
	if len(digits) == 0 {
		return value{integerValue, []byte("0")}, nil
	}
	if max(point, len(digits)-point) > MaxBytes { // Nothing is made of an exponent before it is known to be small.
		return value{}, fmt.Errorf("%s has more than %d digits: no key is as long", Excerpt(raw), MaxBytes)
	}
	text := make([]byte, 0, max(point, 1)+max(len(digits)-point, 0)+2)
	if n.negative {
		text = append(text, '-')
	}
	if point >= len(digits) {
		return value{integerValue, appendZeros(append(text, digits...), point-len(digits))}, nil
	}
	if point > 0 {
		text = append(append(text, digits[:point]...), '.')
		return value{fractionValue, append(text, digits[point:]...)}, nil
	}
	return value{fractionValue, append(appendZeros(append(text, '0', '.'), -point), digits...)}, nil
}

func appendZeros(dst []byte, n int) []byte {
	for range n {
		dst = append(dst, '0')
	}
	return dst
}

// number is a JSON number in its parts.
type number struct {
	negative        bool
	whole, fraction []byte
	exponent        int // at most mostExponent from zero, which stands for all beyond
}

// mostExponent is far beyond that of any key, and so small that sums with it do not overflow.
const mostExponent = 1 << 28

// splitNumber reads a number as JSON has it.
func splitNumber(raw []byte) (n number, ok bool) {
	rest, negative := bytes.CutPrefix(raw, []byte("-"))
	n.negative = negative
	n.whole, rest = leadingDigits(rest)
	if len(n.whole) == 0 || len(n.whole) > 1 && n.whole[0] == '0' {
		return n, false
	}
	if after, found := bytes.CutPrefix(rest, []byte(".")); found {
		if n.fraction, rest = leadingDigits(after); len(n.fraction) == 0 {
			return n, false
		}
	}
	if len(rest) == 0 {
		return n, true
	}
	if rest[0] != 'e' && rest[0] != 'E' {
		return n, false
	}
	rest = rest[1:]
	sign := 1
	if len(rest) > 0 && (rest[0] == '+' || rest[0] == '-') {
		if rest[0] == '-' {
			sign = -1
		}
		rest = rest[1:]
	}
	digits, rest := leadingDigits(rest)
	for _, c := range digits {
		n.exponent = min(n.exponent*10+int(c-'0'), mostExponent)
	}
	n.exponent *= sign
	return n, len(digits) > 0 && len(rest) == 0
}

func leadingDigits(text []byte) (digits, rest []byte) {
	n := 0
	for n < len(text) && isDigit(text[n]) {
		n++
	}
	return text[:n], text[n:]
}
