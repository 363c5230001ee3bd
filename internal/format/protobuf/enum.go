package protobuf

import (
	"strconv"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// enum is an enum type. A number may have several names: the first one is written, all are read.
type enum struct {
	null  bool             // google.protobuf.NullValue, which JSON writes as null
	near  [][]byte         // the name of a number in quotes, from 0; nil: none
	far   map[int32][]byte // the same, of the other numbers
	names map[string]int32
}

func (c *compilation) enum(d protoreflect.EnumDescriptor) *enum {
	if e, ok := c.enums[d.FullName()]; ok {
		return e
	}
	e := &enum{null: d.FullName() == nullValue, far: make(map[int32][]byte), names: make(map[string]int32)}
	values := d.Values()
	e.near = make([][]byte, min(4*values.Len()+64, 1<<16))
	for i := range values.Len() {
		v := values.Get(i)
		number, name := int32(v.Number()), string(v.Name())
		e.names[name] = number
		quoted := strconv.AppendQuote(nil, name) // Names are identifiers: nothing to escape.
		switch {
		case e.name(number) != nil:
		case number >= 0 && int(number) < len(e.near):
			e.near[number] = quoted
		default:
			e.far[number] = quoted
		}
	}
	c.enums[d.FullName()] = e
	return e
}

// name returns the name of a number in quotes, or nil.
func (e *enum) name(number int32) []byte {
	if number >= 0 && int(number) < len(e.near) {
		return e.near[number]
	}
	return e.far[number]
}
