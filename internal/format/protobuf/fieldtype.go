package protobuf

import "google.golang.org/protobuf/reflect/protoreflect"

// FieldType is what a field holds.
type FieldType struct {
	// Message is the type of its values if they are messages.
	Message *Message
	// Scalar is their type otherwise. Values of an enum are strings, as a Decoder writes them.
	Scalar Type
	// Map and List say that it holds several.
	Map, List bool
	// Optional says that it may be absent in JSON.
	Optional bool
}

// FieldType returns what a field holds, and false if there is none of this name.
func (m *Message) FieldType(name string) (FieldType, bool) {
	for i := range m.layout.fields {
		f := &m.layout.fields[i]
		if f.name != name || f.extension {
			continue
		}
		t := FieldType{Map: f.shape == mapping, List: f.shape == list, Optional: f.shape == singular && !f.implicit}
		switch {
		case t.Map:
		case f.isMessage():
			t.Message = m.schema.messages[f.message.name]
		case f.kind == protoreflect.EnumKind:
			t.Scalar = "string"
		default:
			t.Scalar = Type(f.kind.String())
		}
		return t, true
	}
	return FieldType{}, false
}

// Fields are the names of the fields in the order of the schema, without extensions.
func (m *Message) Fields() []string {
	var names []string
	for i := range m.layout.fields {
		if !m.layout.fields[i].extension {
			names = append(names, m.layout.fields[i].name)
		}
	}
	return names
}
