package schemaid

import (
	"encoding/binary"
	"fmt"
	"math"
)

// AppendPrefix appends Confluent's prefix. The ID is a number of at most 4 bytes.
func AppendPrefix(dst []byte, id ID) ([]byte, error) {
	if id.kind != Number || id.number > math.MaxUint32 {
		return dst, fmt.Errorf("%s does not fit into the 4 bytes of a prefix; set output.id to header", id)
	}
	return binary.BigEndian.AppendUint32(append(dst, magicNumber), uint32(id.number)), nil
}

// AppendLongPrefix appends the prefix of Apicurio8Byte or Apicurio8ByteGlobal. The ID is a number or a global ID.
func AppendLongPrefix(dst []byte, id ID) ([]byte, error) {
	if id.kind != Number && id.kind != Global {
		return dst, fmt.Errorf("%s does not fit into the 8 bytes of a prefix", id)
	}
	return binary.BigEndian.AppendUint64(append(dst, magicNumber), id.number), nil
}

// AppendHeader appends the value of Confluent's header. The message index of Protobuf follows it.
func AppendHeader(dst []byte, id ID) ([]byte, error) {
	switch {
	case id.kind == GUID:
		return append(append(dst, magicGUID), id.guid[:]...), nil
	case id.kind == Number && id.number <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(dst, magicNumber), uint32(id.number)), nil
	}
	return dst, fmt.Errorf("%s does not fit into the header %s, which takes a GUID or a number of 4 bytes", id, HeaderName(Value))
}
