package protobuf

import (
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// special is the form that a message of google.protobuf has in JSON.
type special uint8

const (
	ordinary special = iota
	anyMessage
	timestamp
	duration
	fieldMask
	wrapper
	structure
	listValue
	dynamicValue
	empty // an ordinary message; within an Any some writers take it for a special one
)

var specials = map[protoreflect.FullName]special{
	"google.protobuf.Any":         anyMessage,
	"google.protobuf.Timestamp":   timestamp,
	"google.protobuf.Duration":    duration,
	"google.protobuf.FieldMask":   fieldMask,
	"google.protobuf.BoolValue":   wrapper,
	"google.protobuf.Int32Value":  wrapper,
	"google.protobuf.Int64Value":  wrapper,
	"google.protobuf.UInt32Value": wrapper,
	"google.protobuf.UInt64Value": wrapper,
	"google.protobuf.FloatValue":  wrapper,
	"google.protobuf.DoubleValue": wrapper,
	"google.protobuf.StringValue": wrapper,
	"google.protobuf.BytesValue":  wrapper,
	"google.protobuf.Struct":      structure,
	"google.protobuf.ListValue":   listValue,
	"google.protobuf.Value":       dynamicValue,
	"google.protobuf.Empty":       empty,
}

const nullValue = "google.protobuf.NullValue"

// The fields of messages of google.protobuf, by their index in the descriptor.
const (
	secondsField  = 0 // of Timestamp and Duration
	nanosField    = 1
	typeURLField  = 0 // of Any
	anyBodyField  = 1
	onlyField     = 0 // of the wrappers, Struct, ListValue and FieldMask
	nullField     = 0 // of Value
	numberField   = 1
	textField     = 2
	boolField     = 3
	structField   = 4
	listField     = 5
	mapKeyField   = 0 // of an entry of a map
	mapValueField = 1
)

// specialOf recognises the messages of google.protobuf. A message that only has such a name is ordinary.
func specialOf(d protoreflect.MessageDescriptor) special {
	s, named := specials[d.FullName()]
	if !named {
		return ordinary
	}
	known, err := protoregistry.GlobalFiles.FindDescriptorByName(d.FullName())
	if err != nil || !sameFields(d.Fields(), known.(protoreflect.MessageDescriptor).Fields()) {
		return ordinary
	}
	return s
}

func sameFields(a, b protoreflect.FieldDescriptors) bool {
	if a.Len() != b.Len() {
		return false
	}
	for i := range a.Len() {
		x, y := a.Get(i), b.Get(i)
		if x.Number() != y.Number() || x.Name() != y.Name() || x.Kind() != y.Kind() || x.Cardinality() != y.Cardinality() || x.IsMap() != y.IsMap() {
			return false
		}
	}
	return true
}
