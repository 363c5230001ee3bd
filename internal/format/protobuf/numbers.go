package protobuf

import (
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// NumberRange is a range of field numbers. To is not in it.
type NumberRange struct{ From, To int32 }

// Numbers are the field numbers that a message has used.
type Numbers struct {
	// Fields has the number of each field, by the field's name.
	Fields map[string]int32
	// Reserved has the numbers that are forbidden.
	Reserved []NumberRange
}

// Numbers returns the field numbers that the message has used.
func (m *Message) Numbers() Numbers {
	n := Numbers{Fields: map[string]int32{}}
	fields, reserved := m.descriptor.Fields(), m.descriptor.ReservedRanges()
	for i := range fields.Len() {
		n.Fields[string(fields.Get(i).Name())] = int32(fields.Get(i).Number())
	}
	for i := range reserved.Len() {
		n.Reserved = append(n.Reserved, NumberRange{int32(reserved.Get(i)[0]), int32(reserved.Get(i)[1])})
	}
	return n
}

// protobufsOwn is the range that Protobuf reserves in every message.
var protobufsOwn = NumberRange{int32(protowire.FirstReservedNumber), int32(protowire.LastReservedNumber) + 1}

// Next returns a number for a new field: the lowest one that is above all fields and not reserved.
func (n Numbers) Next() int32 {
	next := int32(1)
	for _, number := range n.Fields {
		next = max(next, number+1)
	}
	taken := append(slices.Clone(n.Reserved), protobufsOwn)
	slices.SortFunc(taken, func(a, b NumberRange) int { return int(a.From - b.From) })
	for _, r := range taken {
		if next >= r.From && next < r.To {
			next = r.To
		}
	}
	return next
}
