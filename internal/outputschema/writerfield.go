package outputschema

import (
	"github.com/loaderline/loaderline/internal/format/protobuf"
	"github.com/loaderline/loaderline/internal/jsondoc"
)

// protobufAt is a place in the writer's message.
type protobufAt struct {
	message  *protobuf.Message // nil in a scalar
	field    protobuf.FieldType
	list     bool // the place is a list
	each     bool // the path leads to several
	nullable bool
}

// step follows a step of a path. collects says that its [] makes a list. It reports whether there is such a place.
func (at *protobufAt) step(s jsondoc.Step, collects bool) bool {
	if s.Each {
		if !at.list {
			return false
		}
		at.list, at.each = false, at.each || collects
		return true
	}
	if at.list || at.message == nil {
		return false
	}
	field, ok := at.message.FieldType(s.Name)
	if !ok {
		return false
	}
	at.field, at.list, at.message = field, field.List, field.Message
	at.nullable = at.nullable || field.Optional
	return true
}
