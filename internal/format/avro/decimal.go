package avro

import (
	"math/big"
	"strconv"
)

// maxDecimalBytes is how long the integer of a decimal may be. Turning it into digits takes more than linear time.
const maxDecimalBytes = 4 << 10

// maxScale bounds the scales of values, up and down. The scales of schemas are bounded by their precision.
const maxScale = 10_000

// appendDecimal appends the digits of a big-endian integer in two's complement, with a point before the last ones, or with zeros if the
// scale is negative. No bytes are zero.
func appendDecimal(dst, unscaled []byte, scale int) []byte {
	var buffer [48]byte
	var digits []byte
	negative := len(unscaled) > 0 && unscaled[0] >= 0x80
	if len(unscaled) <= 8 {
		digits = strconv.AppendUint(buffer[:0], magnitude(unscaled, negative), 10)
	} else {
		digits = bigMagnitude(unscaled, negative).Append(buffer[:0], 10)
	}
	if negative {
		dst = append(dst, '-')
	}
	whole := len(digits) - scale
	switch {
	case scale <= 0:
		dst = append(dst, digits...)
		for ; scale < 0 && digits[0] != '0'; scale++ {
			dst = append(dst, '0')
		}
		return dst
	case whole > 0:
		dst = append(append(dst, digits[:whole]...), '.')
		return append(dst, digits[whole:]...)
	default:
		dst = append(dst, '0', '.')
		for ; whole < 0; whole++ {
			dst = append(dst, '0')
		}
		return append(dst, digits...)
	}
}

func magnitude(unscaled []byte, negative bool) uint64 {
	var value uint64
	if negative {
		value = ^value
	}
	for _, b := range unscaled {
		value = value<<8 | uint64(b)
	}
	if negative {
		return -value
	}
	return value
}

func bigMagnitude(unscaled []byte, negative bool) *big.Int {
	value := new(big.Int).SetBytes(unscaled)
	if negative {
		modulus := new(big.Int).Lsh(big.NewInt(1), uint(len(unscaled))*8)
		value.Sub(modulus, value)
	}
	return value
}
