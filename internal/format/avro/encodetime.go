package avro

import (
	"bytes"
	"encoding/binary"
	"math"
	"time"
)

// appendTimeText appends a date, a time of day or a timestamp that is given as RFC 3339.
func appendTimeText(dst []byte, n *node, text []byte) ([]byte, misfit) {
	const mostBytes = 64 // With more digits of a second than any writer has.
	if len(text) > mostBytes {
		return dst, noTime
	}
	var buffer [2 * mostBytes]byte
	whole := buffer[:0]
	switch n.logical {
	case logicalDate:
		whole = append(append(whole, text...), "T00:00:00Z"...)
		if len(text) != len(time.DateOnly) {
			return dst, noTime
		}
	case logicalTime:
		whole = append(append(append(whole, "1970-01-01T"...), text...), 'Z')
	case logicalLocalTimestamp:
		whole = append(append(whole, text...), 'Z')
	default:
		whole = append(whole, text...)
	}
	var at time.Time
	if err := at.UnmarshalText(whole); err != nil {
		return dst, noTime
	}
	if n.logical == logicalDate {
		return binary.AppendVarint(dst, at.Unix()/day), fits
	}
	nanos := int64(at.Nanosecond())
	if nanos%n.perUnit != 0 || hasMoreThanNanos(text) {
		return dst, tooFine
	}
	perSecond := int64(time.Second) / n.perUnit
	// The fraction of a second counts forwards, also before 1970.
	value, ok := times(at.Unix(), perSecond, nanos/n.perUnit)
	if !ok {
		return dst, outOfRange
	}
	return binary.AppendVarint(dst, value), fits
}

// times is a*b+c, if that has 64 bits. c is at least zero and less than b.
func times(a, b, c int64) (int64, bool) {
	if a < 0 { // Towards zero, so that the product is in range wherever the sum is.
		a, c = a+1, c-b
	}
	if a < math.MinInt64/b || a > math.MaxInt64/b {
		return 0, false
	}
	product := a * b
	sum := product + c
	return sum, c < 0 == (sum < product) || c == 0
}

// hasMoreThanNanos says that a fraction of a second has digits that are not zero behind the ninth.
func hasMoreThanNanos(text []byte) bool {
	_, fraction, _ := bytes.Cut(text, []byte{'.'})
	for i, c := range fraction {
		if c-'0' > 9 {
			return false
		}
		if i >= 9 && c != '0' {
			return true
		}
	}
	return false
}
