package grpclookup

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/lookupanswer"
	"github.com/loaderline/loaderline/internal/lookupkey"
)

// spot is a place in a message: the message itself, a field of it, or an element of a field.
type spot struct {
	root    protoreflect.MessageDescriptor // of the message itself
	field   protoreflect.FieldDescriptor   // nil: the message itself, or what the descriptors do not say
	element bool                           // of the list or the map that the field is
}

// unknown is below a message whose form in JSON is not that of its fields, such as google.protobuf.Struct.
var unknown = spot{}

func (s spot) isUnknown() bool { return s.root == nil && s.field == nil }
func (s spot) isList() bool    { return s.field != nil && s.field.IsList() && !s.element }
func (s spot) isMap() bool     { return s.field != nil && s.field.IsMap() && !s.element }

// value is the field whose values are here: of a map that of its entries.
func (s spot) value() protoreflect.FieldDescriptor {
	if s.field != nil && s.field.IsMap() {
		return s.field.MapValue()
	}
	return s.field
}

// message is the message that is here; nil for another value, a list and a map.
func (s spot) message() protoreflect.MessageDescriptor {
	switch {
	case s.field == nil:
		return s.root
	case s.isList(), s.isMap():
		return nil
	}
	return s.value().Message()
}

// String says what is here, as part of a sentence.
func (s spot) String() string {
	if s.field == nil {
		return "a message"
	}
	name := s.value().Kind().String()
	switch v := s.value(); {
	case v.Message() != nil:
		name = string(v.Message().FullName())
	case v.Enum() != nil:
		name = string(v.Enum().FullName())
	}
	switch {
	case s.isList():
		return "a list of " + name
	case s.isMap():
		return "a map to " + name
	}
	return "of type " + name
}

// isFree reports whether the form of a message in JSON is not that of its fields.
func isFree(m protoreflect.MessageDescriptor) bool {
	return m.ParentFile().Package() == "google.protobuf" && m.FullName() != "google.protobuf.Empty"
}

// member is the field of a name in the message that is here.
func (s spot) member(name string) (spot, error) {
	m := s.message()
	switch {
	case s.isUnknown():
		return unknown, nil
	case s.isList():
		return s, fmt.Errorf("%s is %s: write %s[] for its elements", s.field.TextName(), s, s.field.TextName())
	case m == nil:
		return s, fmt.Errorf("%s is %s and has no fields", s.field.TextName(), s)
	case isFree(m):
		return unknown, nil
	}
	if f := m.Fields().ByTextName(name); f != nil {
		return spot{field: f}, nil
	}
	return s, fmt.Errorf("the message %s has no field %s; it has %s", m.FullName(), name, listed(names(m.Fields())))
}

// elements is each element of the list that is here.
func (s spot) elements() (spot, error) {
	switch {
	case s.isUnknown():
		return unknown, nil
	case s.isList():
		return spot{field: s.field, element: true}, nil
	}
	return s, errors.New("[] follows what is no list")
}

// follow follows the path of a setting.
func (s spot) follow(setting, path string) (spot, error) {
	parsed, err := lookupanswer.ParsePath(setting, path)
	if err != nil {
		return s, wrong(setting, "%q is no path: write names of fields with dots between them", path)
	}
	for _, step := range parsed.Steps {
		if s, err = s.step(step); err != nil {
			return s, wrong(setting, "%q: %v", path, err)
		}
	}
	return s, nil
}

func (s spot) step(step jsondoc.Step) (spot, error) {
	if step.Each {
		return s.elements()
	}
	return s.member(step.Name)
}

// single are the messages that stand for one value, with the field that holds it.
var single = map[protoreflect.FullName]protoreflect.Name{
	"google.protobuf.BoolValue": "value", "google.protobuf.Int32Value": "value", "google.protobuf.Int64Value": "value",
	"google.protobuf.UInt32Value": "value", "google.protobuf.UInt64Value": "value", "google.protobuf.FloatValue": "value",
	"google.protobuf.DoubleValue": "value", "google.protobuf.StringValue": "value", "google.protobuf.BytesValue": "value",
}

const (
	timestampName = "google.protobuf.Timestamp"
	statusName    = "google.rpc.Status"
)

// scalar is the kind of the one value that is here. It is false for others than scalars, and for lists.
func (s spot) scalar() (protoreflect.Kind, bool) {
	if s.field == nil || s.isList() || s.isMap() {
		return 0, false
	}
	v := s.value()
	if m := v.Message(); m != nil {
		name, is := single[m.FullName()]
		if !is {
			return 0, false
		}
		if v = m.Fields().ByName(name); v == nil {
			return 0, false
		}
	}
	return v.Kind(), true
}

// isTimestamp reports whether a google.protobuf.Timestamp is here.
func (s spot) isTimestamp() bool {
	m := s.message()
	return m != nil && m.FullName() == timestampName
}

var keyTypes = map[protoreflect.Kind]lookupkey.Type{
	protoreflect.BoolKind: lookupkey.Boolean, protoreflect.EnumKind: lookupkey.Text, protoreflect.StringKind: lookupkey.Text,
	protoreflect.BytesKind: lookupkey.Text, protoreflect.FloatKind: lookupkey.Numeric, protoreflect.DoubleKind: lookupkey.Numeric,
	protoreflect.Int32Kind: lookupkey.Integer, protoreflect.Sint32Kind: lookupkey.Integer, protoreflect.Sfixed32Kind: lookupkey.Integer,
	protoreflect.Int64Kind: lookupkey.Bigint, protoreflect.Sint64Kind: lookupkey.Bigint, protoreflect.Sfixed64Kind: lookupkey.Bigint,
	protoreflect.Uint32Kind: lookupkey.Bigint, protoreflect.Fixed32Kind: lookupkey.Bigint,
	protoreflect.Uint64Kind: lookupkey.Numeric, protoreflect.Fixed64Kind: lookupkey.Numeric,
}

// keyType is the type by which the values that are here are compared as keys. It is false if they cannot be keys.
func (s spot) keyType() (lookupkey.Type, bool) {
	if s.isTimestamp() {
		return lookupkey.Timestamptz, true
	}
	kind, ok := s.scalar()
	if !ok {
		return lookupkey.Any, false
	}
	t, ok := keyTypes[kind]
	return t, ok
}
