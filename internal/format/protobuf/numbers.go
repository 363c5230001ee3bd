package protobuf

import (
	"maps"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// NumberRange is the field numbers from one on, up to and without another.
type NumberRange struct{ From, To int32 }

// Numbers are the field numbers that a message has used.
type Numbers struct {
	// Fields are those of its fields, by name.
	Fields map[string]int32
	// Reserved are those that no field may have.
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

// protocNumbers are those that Protobuf keeps for itself.
var protocNumbers = NumberRange{int32(protowire.FirstReservedNumber), int32(protowire.LastReservedNumber) + 1}

// Next returns the lowest number above those of all fields that is not reserved.
func (n Numbers) Next() int32 {
	next := int32(1)
	for number := range maps.Values(n.Fields) {
		next = max(next, number+1)
	}
	taken := append(slices.Clone(n.Reserved), protocNumbers)
	slices.SortFunc(taken, func(a, b NumberRange) int { return int(a.From - b.From) })
	for _, r := range taken {
		if next >= r.From && next < r.To {
			next = r.To
		}
	}
	return next
}
