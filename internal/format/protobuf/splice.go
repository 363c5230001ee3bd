package protobuf

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// AppendField appends a field that holds a message. A message is its fields one behind the other: what AppendField and
// Encoder.AppendProto append for the same message together is that message, and body stays as it is, with the fields that no
// schema knows.
func AppendField(dst []byte, number int32, body []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(dst, protowire.Number(number), protowire.BytesType), body)
}

// FieldNumber returns the number of a field by its name, for AppendField. It is false unless the field holds one message.
func (m *Message) FieldNumber(name string) (number int32, ok bool) {
	for _, f := range m.layout.fields {
		if f.name == name && f.kind == protoreflect.MessageKind && f.shape == singular {
			return int32(f.number), true
		}
	}
	return 0, false
}

// Field returns the message type of a field that holds messages, and nil of any other.
func (m *Message) Field(name string) *Message {
	for _, f := range m.layout.fields {
		if f.name == name && f.isMessage() && f.shape != mapping {
			return m.schema.messages[f.message.name]
		}
	}
	return nil
}

// Same says whether two message types read each message alike, in whatever file and package they are: bytes of the one may
// stand where the other is expected. Their fields have the same numbers, names and types, and so have those of the messages
// and enums in them.
func Same(a, b *Message) bool {
	return comparison{}.messages(a.descriptor, b.descriptor)
}

// comparison holds the pairs of messages that are equal or being compared, so that recursive messages end.
type comparison map[[2]protoreflect.FullName]bool

func (c comparison) messages(a, b protoreflect.MessageDescriptor) bool {
	pair := [2]protoreflect.FullName{a.FullName(), b.FullName()}
	if c[pair] {
		return true
	}
	c[pair] = true
	if a.Fields().Len() != b.Fields().Len() || specialOf(a) != specialOf(b) {
		return false
	}
	for i := range a.Fields().Len() {
		x := a.Fields().Get(i)
		y := b.Fields().ByNumber(x.Number())
		if y == nil || !c.fields(x, y) {
			return false
		}
	}
	return true
}

func (c comparison) fields(a, b protoreflect.FieldDescriptor) bool {
	switch {
	case a.Name() != b.Name(), a.Kind() != b.Kind(), a.Cardinality() != b.Cardinality():
		return false
	case a.IsMap() != b.IsMap(), a.HasPresence() != b.HasPresence(), oneofName(a) != oneofName(b):
		return false
	case a.Message() != nil:
		return c.messages(a.Message(), b.Message())
	case a.Enum() != nil:
		return sameValues(a.Enum().Values(), b.Enum().Values())
	}
	return true
}

// oneofName is the name of the oneof that a field is a member of.
func oneofName(f protoreflect.FieldDescriptor) protoreflect.Name {
	if o := f.ContainingOneof(); o != nil && !o.IsSynthetic() {
		return o.Name()
	}
	return ""
}

func sameValues(a, b protoreflect.EnumValueDescriptors) bool {
	if a.Len() != b.Len() {
		return false
	}
	for i := range a.Len() {
		if b.Get(i).Name() != a.Get(i).Name() || b.Get(i).Number() != a.Get(i).Number() {
			return false
		}
	}
	return true
}
