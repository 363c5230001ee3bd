package avro

import (
	"encoding/binary"
	"math"
	"strconv"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/plural"
)

func (r *reading) boolean(dst []byte) ([]byte, *format.Error) {
	b, err := r.next(1, "boolean")
	if err != nil {
		return dst, err
	}
	switch b[0] {
	case 0:
		return append(dst, "false"...), nil
	case 1:
		return append(dst, "true"...), nil
	default:
		return dst, r.fail(r.at-1, "the byte %#02x is no boolean", b[0])
	}
}

func (r *reading) int(dst []byte) ([]byte, *format.Error) {
	value, err := r.int32()
	return strconv.AppendInt(dst, value, 10), err
}

func (r *reading) long(dst []byte) ([]byte, *format.Error) {
	value, err := r.varint()
	if !r.options.Int64AsText {
		return strconv.AppendInt(dst, value, 10), err
	}
	return append(strconv.AppendInt(append(dst, '"'), value, 10), '"'), err
}

func (r *reading) float(dst []byte, k kind) ([]byte, *format.Error) {
	if k == kindFloat {
		b, err := r.next(4, "float")
		if err != nil {
			return dst, err
		}
		return format.AppendFloat(dst, float64(math.Float32frombits(binary.LittleEndian.Uint32(b))), 32), nil
	}
	b, err := r.next(8, "double")
	if err != nil {
		return dst, err
	}
	return format.AppendFloat(dst, math.Float64frombits(binary.LittleEndian.Uint64(b)), 64), nil
}

func (r *reading) string(dst []byte) ([]byte, *format.Error) {
	at := r.at
	text, err := r.prefixed("string")
	if err != nil {
		return dst, err
	}
	dst, ok := format.AppendString(dst, text)
	if !ok {
		return dst, r.fail(at, "the string is not UTF-8")
	}
	return dst, nil
}

func (r *reading) base64(dst []byte, n *node) ([]byte, *format.Error) {
	value, err := r.stored(n)
	if err != nil {
		return dst, err
	}
	return format.AppendBase64(dst, value), nil
}

// stored passes the bytes of a bytes or fixed.
func (r *reading) stored(n *node) ([]byte, *format.Error) {
	if n.kind == kindFixed {
		return r.next(n.size, "fixed")
	}
	return r.prefixed("value of bytes")
}

func (r *reading) enum(dst []byte, n *node) ([]byte, *format.Error) {
	at := r.at
	index, err := r.int32()
	if err != nil {
		return dst, err
	}
	if index < 0 || index >= int64(len(n.quoted)) {
		return dst, r.fail(at, "the enum %s has %s, and none with the number %d", n.name, plural.Count(len(n.quoted), "symbol"), index)
	}
	return append(dst, n.quoted[index]...), nil
}
