package outputschema

import (
	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/avro"
	"github.com/loaderline/loaderline/internal/jsondoc"
)

// members are the names of the event's fields, if its schema tells them.
func (w Writer) members() (names []string, known bool) {
	switch {
	case w.Avro != nil:
		of, _ := w.Avro.NonNull()
		return of.Fields(), of.IsRecord()
	case w.Protobuf != nil:
		return w.Protobuf.Fields(), true
	default:
		return nil, false
	}
}

// event returns what a path in the event leads to.
func (r *resolver) event(path string, f *Form) *value {
	switch {
	case r.cfg.Format == format.JSONSchema && len(f.Path) == 0:
		return &value{kind: object}
	case r.cfg.Format == format.JSONSchema:
		return &value{kind: anything, nullable: true}
	case r.cfg.Format == format.Avro && r.writer.Avro != nil:
		return r.ofAvro(path, f)
	case r.cfg.Format == format.Protobuf && r.writer.Protobuf != nil:
		return r.ofMessage(path, f)
	case len(f.Path) == 0:
		return r.fail(path, "%s, so nothing is known of its fields; write output.value with those that the record is to have, or the schema as output.schema.file", r.writer.noSchema(r.cfg.Format))
	default:
		return r.unknown(path, r.writer.noSchema(r.cfg.Format))
	}
}

// noSchema says that events have no schema of a format.
func (w Writer) noSchema(f format.Format) string {
	if w == (Writer{}) {
		return "the event has no schema"
	}
	return "the event has no schema of " + f.String()
}

// ofAvro follows a path in the writer's schema.
func (r *resolver) ofAvro(path string, f *Form) *value {
	at, nullable := r.writer.Avro.NonNull()
	each := false
	for i, s := range f.Path {
		next, ok := stepInto(at, s)
		if !ok {
			return r.unknown(path, missing(f.Path[:i+1], at.String()))
		}
		if s.Each && i >= f.Single {
			each, nullable = true, false
		}
		var null bool
		at, null = next.NonNull()
		nullable = nullable || null
	}
	found := &value{path: path, kind: avroValue, avro: at, nullable: nullable}
	if each {
		found.nullable = true // A list may hold what has no such field.
		return &value{kind: list, item: found}
	}
	return found
}

func stepInto(at *avro.Schema, s jsondoc.Step) (*avro.Schema, bool) {
	if s.Each {
		return at.Item()
	}
	return at.Field(s.Name)
}

// missing says that a schema does not have what a path leads to.
func missing(steps []jsondoc.Step, at string) string {
	what := jsondoc.Path{Root: "event", Steps: steps}
	if steps[len(steps)-1].Each {
		return "the schema of the event has no list at " + what.String() + ", but " + at
	}
	return "the schema of the event has no " + what.String()
}

// ofMessage follows a path in the writer's message.
func (r *resolver) ofMessage(path string, f *Form) *value {
	at := protobufAt{message: r.writer.Protobuf}
	for i, s := range f.Path {
		if !at.step(s, i >= f.Single) {
			return r.unknown(path, missing(f.Path[:i+1], "another type"))
		}
	}
	switch {
	case at.field.Map:
		return r.unknown(path, "the field is a map")
	case at.message != nil:
		at.field.Message = at.message
	}
	found := &value{path: path, kind: messageValue, message: at.field, nullable: at.nullable}
	if at.each || at.list {
		found.nullable = false
		return &value{kind: list, item: found, nullable: at.nullable && !at.each}
	}
	return found
}
