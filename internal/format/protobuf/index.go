package protobuf

import (
	"google.golang.org/protobuf/encoding/protowire"
)

// AppendIndex appends the message index that Confluent's wire format has between the ID of a schema and the message: the path
// of MessageAt, as zigzag varints with their number before them. The first message of a file is one zero byte.
func AppendIndex(dst []byte, index []int) []byte {
	if len(index) == 1 && index[0] == 0 {
		return append(dst, 0)
	}
	dst = protowire.AppendVarint(dst, protowire.EncodeZigZag(int64(len(index))))
	for _, i := range index {
		dst = protowire.AppendVarint(dst, protowire.EncodeZigZag(int64(i)))
	}
	return dst
}

// ParseIndex reads what AppendIndex writes, and appends the path to into. The message is what follows, body.
func ParseIndex(into []int, data []byte) (index []int, body []byte, err error) {
	count, at, err := zigzag(data, 0)
	if err != nil {
		return nil, nil, err
	}
	if count < 0 || count > maxDepth {
		return nil, nil, fail(0, "the message index has %d numbers; it has between 1 and %d where input.id is right", count, maxDepth)
	}
	if count == 0 {
		return append(into, 0), data[at:], nil
	}
	for range count {
		from := at
		var i int64
		if i, at, err = zigzag(data, at); err != nil {
			return nil, nil, err
		}
		if i < 0 || i > maxSchemaBytes {
			return nil, nil, fail(from, "%d is no index of a message; the record is damaged, or input.id is wrong", i)
		}
		into = append(into, int(i))
	}
	return into, data[at:], nil
}

func zigzag(data []byte, at int) (value int64, next int, err error) {
	v, n := protowire.ConsumeVarint(data[at:])
	if n < 0 {
		return 0, 0, fail(at, "the message index is cut, or it is none")
	}
	return protowire.DecodeZigZag(v), at + n, nil
}

// maxRefBytes bounds the name of a message in a reference.
const maxRefBytes = 4 << 10

// AppendRef appends the reference that Apicurio's wire format has in place of a message index: the message's name without
// its package, in the first field of a message with its length before it. Apicurio's clients know messages at the top of a file alone.
func AppendRef(dst []byte, name string) []byte {
	dst = protowire.AppendVarint(dst, uint64(protowire.SizeTag(1)+protowire.SizeBytes(len(name))))
	return protowire.AppendString(protowire.AppendTag(dst, 1, protowire.BytesType), name)
}

// ParseRef reads what AppendRef writes. The name, which Schema.Message takes, and the message that follows are parts of data.
func ParseRef(data []byte) (name, body []byte, err error) {
	size, n := protowire.ConsumeVarint(data)
	if n < 0 || size > uint64(len(data)-n) || size > maxRefBytes {
		return nil, nil, fail(0, "the reference to a message is cut, or it is none")
	}
	ref, body := data[n:n+int(size)], data[n+int(size):]
	for at := 0; at < len(ref); {
		number, wire, n := protowire.ConsumeField(ref[at:])
		if n < 0 {
			return nil, nil, fail(0, "the reference to a message is damaged, or it is none")
		}
		if number == 1 && wire == protowire.BytesType {
			_, _, tag := protowire.ConsumeTag(ref[at:])
			name, _ = protowire.ConsumeBytes(ref[at+tag:])
		}
		at += n
	}
	if len(name) == 0 {
		return nil, nil, fail(0, "the reference to a message has no name")
	}
	return name, body, nil
}
