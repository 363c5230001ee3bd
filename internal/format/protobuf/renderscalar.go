package protobuf

import (
	"math"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

func appendEnum(dst []byte, e *enum, number int32) []byte {
	if e.null {
		return append(dst, "null"...)
	}
	if name := e.name(number); name != nil {
		return append(dst, name...)
	}
	return strconv.AppendInt(dst, int64(number), 10)
}

// appendInteger appends an integer from its canonical bits.
func appendInteger(dst []byte, kind protoreflect.Kind, value uint64) []byte {
	switch kind {
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind, protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return strconv.AppendUint(dst, value, 10)
	default:
		return strconv.AppendInt(dst, int64(value), 10)
	}
}

// canonical is the value of an integer or a boolean in its form on the wire, the same for all forms of the same value. A
// negative integer has the bits of its 64-bit form.
func canonical(kind protoreflect.Kind, value uint64) uint64 {
	switch kind {
	case protoreflect.BoolKind:
		if value != 0 {
			return 1
		}
		return 0
	case protoreflect.Int32Kind, protoreflect.Sfixed32Kind, protoreflect.EnumKind:
		return uint64(int64(int32(value)))
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return uint64(uint32(value))
	case protoreflect.Sint32Kind:
		return uint64(int64(int32(protowire.DecodeZigZag(value & math.MaxUint32))))
	case protoreflect.Sint64Kind:
		return uint64(protowire.DecodeZigZag(value))
	default:
		return value
	}
}
