package avro

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/loaderline/loaderline/internal/format"
)

func (r *reading) logical(dst []byte, n *node) ([]byte, *format.Error) {
	switch n.logical {
	case logicalDecimal:
		return r.decimal(dst, n)
	case logicalBigDecimal:
		return r.bigDecimal(dst)
	case logicalUUID:
		return r.uuid(dst, n)
	case logicalDuration:
		return r.duration(dst, n)
	default:
		return r.time(dst, n)
	}
}

func (r *reading) decimal(dst []byte, n *node) ([]byte, *format.Error) {
	at := r.at
	unscaled, err := r.stored(n)
	if err != nil {
		return dst, err
	}
	return r.scaled(dst, at, unscaled, n.scale)
}

// scaled writes an integer, which was read at an offset, with a scale.
func (r *reading) scaled(dst []byte, at int, unscaled []byte, scale int) ([]byte, *format.Error) {
	if len(unscaled) > maxDecimalBytes {
		return dst, r.fail(at, "the decimal has %d bytes, and at most %d are read", len(unscaled), maxDecimalBytes)
	}
	if r.options.DecimalsAsText {
		return append(appendDecimal(append(dst, '"'), unscaled, scale), '"'), nil
	}
	return appendDecimal(dst, unscaled, scale), nil
}

// bigDecimal writes a decimal that is stored as bytes in which the integer, as bytes again, and the scale are.
func (r *reading) bigDecimal(dst []byte) ([]byte, *format.Error) {
	at := r.at
	stored, err := r.prefixed("big-decimal")
	if err != nil {
		return dst, err
	}
	end := r.at
	r.at = end - len(stored)
	unscaled, err := r.prefixed("integer of the big-decimal")
	if err != nil {
		return dst, err
	}
	scale, err := r.int32()
	switch {
	case err != nil:
		return dst, err
	case r.at != end:
		return dst, r.fail(at, "the big-decimal ends at byte %d, and at %d by its size", r.at, end)
	case scale < -maxScale || scale > maxScale:
		return dst, r.fail(at, "the big-decimal has a scale of %d, and at most %d is read", scale, maxScale)
	}
	return r.scaled(dst, at, unscaled, int(scale))
}

func (r *reading) uuid(dst []byte, n *node) ([]byte, *format.Error) {
	if n.kind == kindString {
		return r.string(dst)
	}
	id, err := r.next(uuidBytes, "uuid")
	if err != nil {
		return dst, err
	}
	dst = append(dst, '"')
	for from, to := range uuidGroups {
		if from > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, id[to.from:to.to])
	}
	return append(dst, '"'), nil
}

// uuidGroups are the bytes between the dashes.
var uuidGroups = [...]span{{0, 4}, {4, 6}, {6, 8}, {8, 10}, {10, 16}}

func (r *reading) duration(dst []byte, n *node) ([]byte, *format.Error) {
	stored, err := r.next(n.size, "duration")
	if err != nil {
		return dst, err
	}
	months, days := binary.LittleEndian.Uint32(stored), binary.LittleEndian.Uint32(stored[4:])
	return append(appendDuration(append(dst, '"'), months, days, binary.LittleEndian.Uint32(stored[8:])), '"'), nil
}

const day = 86_400 // seconds

// time writes a date, a time of day or a timestamp.
func (r *reading) time(dst []byte, n *node) ([]byte, *format.Error) {
	var value int64
	var err *format.Error
	if n.kind == kindInt {
		value, err = r.int32()
	} else {
		value, err = r.varint()
	}
	if err != nil {
		return dst, err
	}
	if !r.options.TimesAsNumbers {
		if out, ok := appendTime(dst, n, value); ok {
			return out, nil
		}
	}
	return strconv.AppendInt(dst, value, 10), nil
}

// appendTime appends the text of a time. It returns false where there is none.
func appendTime(dst []byte, n *node, value int64) ([]byte, bool) {
	if n.logical == logicalDate {
		dst, ok := format.AppendTime(dst, value*day, 0)
		if !ok {
			return dst, false
		}
		return cut(dst, len("T00:00:00Z")), true
	}
	perSecond := int64(time.Second) / n.perUnit
	seconds, rest := value/perSecond, value%perSecond
	if rest < 0 {
		seconds, rest = seconds-1, rest+perSecond
	}
	nanos := int(rest * n.perUnit)
	switch n.logical {
	case logicalTime:
		if seconds < 0 || seconds >= day {
			return dst, false
		}
		from := len(dst) + 1
		dst, _ = format.AppendTime(dst, seconds, nanos) // Of the year 1970.
		copy(dst[from:], dst[from+len("1970-01-01T"):])
		return cut(dst[:len(dst)-len("1970-01-01T")], len("Z")), true
	case logicalLocalTimestamp:
		dst, ok := format.AppendTime(dst, seconds, nanos)
		if !ok {
			return dst, false
		}
		return cut(dst, len("Z")), true
	default:
		return format.AppendTime(dst, seconds, nanos)
	}
}

// hasText says that a number is a time that is written as text.
func (n *node) hasText(value int64) bool {
	var buffer [64]byte
	if n.logical == logicalNone {
		return false
	}
	_, ok := appendTime(buffer[:0], n, value)
	return ok
}

// cut removes characters before a closing quote.
func cut(dst []byte, size int) []byte {
	return append(dst[:len(dst)-size-1], '"')
}
