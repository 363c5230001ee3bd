package avro

import (
	"encoding/binary"
	"math"
	"math/big"
	"slices"
	"strconv"

	"github.com/loaderline/loaderline/internal/format"
)

// maxExponent bounds the exponents that integers and decimals are read with. Larger ones are out of the range of both.
const maxExponent = 1 << 20

// unscaled is a number times a power of ten: its digits without zeros at the beginning. It is empty for zero.
type unscaled struct {
	digits   []byte
	negative bool
}

// parseUnscaled reads a JSON number as an integer of at most so many digits, times ten to the power of minus the scale. The digits are put
// into a buffer if it is large enough.
func parseUnscaled(buffer, number []byte, scale, mostDigits int) (unscaled, misfit) {
	u, exponent := digitsOf(buffer, number)
	return u.shifted(scale+exponent, mostDigits)
}

// digitsOf reads a JSON number as an integer times ten to the power of the exponent.
func digitsOf(buffer, number []byte) (u unscaled, exponent int) {
	u = unscaled{digits: buffer[:0], negative: number[0] == '-'}
	point := false
	for i, c := range number {
		switch {
		case c-'0' <= 9:
			if c != '0' || len(u.digits) > 0 {
				u.digits = append(u.digits, c)
			}
			if point {
				exponent--
			}
		case c == '.':
			point = true
		case c == 'e' || c == 'E':
			return u, exponent + parseExponent(number[i+1:])
		}
	}
	return u, exponent
}

// parseExponent reads an exponent. One that is out of bounds becomes the bound: zero has any exponent, and other numbers fit no type then.
func parseExponent(text []byte) int {
	exponent, err := strconv.Atoi(string(text))
	switch {
	case err == nil:
		return max(-maxExponent, min(exponent, maxExponent))
	case text[0] == '-':
		return -maxExponent
	default:
		return maxExponent
	}
}

// shifted moves the point by some places.
func (u unscaled) shifted(by, mostDigits int) (unscaled, misfit) {
	if len(u.digits) == 0 {
		return u, fits
	}
	for ; by < 0; by++ {
		last := len(u.digits) - 1
		if last < 0 || u.digits[last] != '0' {
			return u, tooManyPlaces
		}
		u.digits = u.digits[:last]
	}
	if len(u.digits)+by > mostDigits {
		return u, tooManyDigits
	}
	for range by {
		u.digits = append(u.digits, '0')
	}
	return u, fits
}

// parseInteger reads a number that is an integer of 64 bits, in any notation.
func parseInteger(number []byte) (int64, misfit) {
	n, problem := format.ParseInteger(number)
	bits, inRange := n.Signed(math.MaxInt64)
	switch {
	case problem == format.NotWhole:
		return 0, noInteger
	case problem != "" || !inRange:
		return 0, outOfRange
	default:
		return int64(bits), fits
	}
}

// value is the integer itself, if it has 64 bits.
func (u unscaled) value() (value int64) {
	for _, c := range u.digits {
		value = value*10 + int64(c-'0')
	}
	if u.negative {
		return -value
	}
	return value
}

// appendDecimalNumber appends a decimal: its integer in two's complement, as short as it can be or as long as the fixed.
func appendDecimalNumber(dst []byte, n *node, number []byte) ([]byte, misfit) {
	var buffer [48]byte
	u, m := parseUnscaled(buffer[:], number, n.scale, n.precision)
	if m != fits {
		return dst, m
	}
	var few [8]byte
	stored := u.stored(&few)
	if n.kind == kindBytes {
		dst = binary.AppendVarint(dst, int64(len(stored)))
		return append(dst, stored...), fits
	}
	if len(stored) > n.size {
		return dst, tooManyDigits
	}
	for range n.size - len(stored) {
		dst = append(dst, byte(int8(stored[0])>>7)) // The sign.
	}
	return append(dst, stored...), fits
}

// appendBigDecimal appends a decimal with the scale that its text has.
func appendBigDecimal(dst, number []byte) ([]byte, misfit) {
	var buffer [48]byte
	u, exponent := digitsOf(buffer[:], number)
	if exponent < -maxScale {
		return dst, outOfRange
	}
	u, m := u.shifted(max(exponent, 0), maxScale)
	if m != fits {
		return dst, outOfRange
	}
	at := len(dst)
	dst = append(dst, 0)
	var few [8]byte
	stored := u.stored(&few)
	dst = binary.AppendVarint(dst, int64(len(stored)))
	dst = append(dst, stored...)
	dst = binary.AppendVarint(dst, int64(max(-exponent, 0)))
	return setNumber(dst, at, len(dst)-at-1), fits
}

// stored is the integer in two's complement, as short as it can be. It is in the array if it has room there.
func (u unscaled) stored(few *[8]byte) []byte {
	const fewDigits = 18
	if len(u.digits) <= fewDigits {
		binary.BigEndian.PutUint64(few[:], uint64(u.value()))
		return shortest(few[:])
	}
	return u.twosComplement()
}

// shortest leaves out the bytes at the beginning that only repeat the sign.
func shortest(integer []byte) []byte {
	for len(integer) > 1 && integer[0] == byte(int8(integer[1])>>7) {
		integer = integer[1:]
	}
	return integer
}

func (u unscaled) twosComplement() []byte {
	value, _ := new(big.Int).SetString(string(u.digits), 10)
	size := value.BitLen()/8 + 1 // With a bit for the sign.
	if u.negative {
		value.Sub(new(big.Int).Lsh(big.NewInt(1), uint(size)*8), value)
	}
	return shortest(value.FillBytes(slices.Grow([]byte(nil), size)[:size]))
}
