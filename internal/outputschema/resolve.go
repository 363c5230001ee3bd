package outputschema

import (
	"fmt"
	"maps"
	"slices"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/avro"
	"github.com/loaderline/loaderline/internal/format/protobuf"
	"github.com/loaderline/loaderline/internal/lookupext"
)

// valueKind is what the schema has for a value.
type valueKind uint8

const (
	anything     valueKind = iota // JSON Schema only
	column                        // what a column holds
	object                        // with fields
	list                          // of items
	avroValue                     // what the writer's schema has
	messageValue                  // what the field of the writer's message has
)

// value is a value of the output whose type is known.
type value struct {
	path     string
	kind     valueKind
	nullable bool
	column   lookupext.ColumnType
	fields   []field
	item     *value
	avro     *avro.Schema
	message  protobuf.FieldType
}

type field struct {
	name  string
	value *value
}

// resolver finds the types of a Form's values.
type resolver struct {
	cfg    Config
	writer Writer
	used   map[string]bool // the paths of Types and NotNull that there are
	paths  []string        // of all values, for suggestions
	errs   []error
}

func (r *resolver) fail(path, reason string, args ...any) *value {
	r.errs = append(r.errs, &ValueError{Path: path, Reason: fmt.Sprintf(reason, args...)})
	return &value{path: path, kind: anything}
}

// value returns a value of the output.
func (r *resolver) value(path string, f *Form) *value {
	r.paths = append(r.paths, path)
	v := r.typed(path, f)
	v.path, v.nullable = path, v.nullable || f.Nullable
	if slices.Contains(r.cfg.NotNull, path) {
		r.used[path], v.nullable = true, false
	}
	return v
}

func (r *resolver) typed(path string, f *Form) *value {
	if t, is := r.cfg.Types[path]; is {
		r.used[path] = true
		return &value{kind: column, column: t, nullable: true}
	}
	switch f.Kind {
	case Scalar:
		return &value{kind: column, column: f.Column}
	case List:
		return &value{kind: list, item: r.value(path+"[]", f.Item)}
	case Object:
		return r.object(path, f)
	case Event:
		return r.event(path, f)
	default:
		return r.unknown(path, f.Reason)
	}
}

// unknown is a value whose type is not known.
func (r *resolver) unknown(path, reason string) *value {
	if r.cfg.Format == format.JSONSchema {
		return &value{kind: anything}
	}
	if path == "" {
		return r.fail(path, "%s; write output.value, or the schema as output.schema.file", reason)
	}
	return r.fail(path, "%s; write its type, as in output.schema.types: {%s: text}, or as a column of a statement with a cast", reason, path)
}

// object returns an object. Members that have no name of the format, or that are alike, are errors.
func (r *resolver) object(path string, f *Form) *value {
	v := &value{kind: object}
	if f.Merged {
		v.fields = r.merged(path, f)
	}
	for _, member := range f.Fields {
		r.checkName(path, f, member.Name)
		v.fields = append(v.fields, field{member.Name, r.value(below(path, member.Name), member.Form)})
	}
	if twice, of := alike(r.cfg.Format, v.fields); twice != "" {
		r.fail(path, "%s and %s are the same name to %s%s", of, twice, r.cfg.Format, renameIn(f.Origin))
	}
	return v
}

// merged returns the members of the event that no field replaces.
func (r *resolver) merged(path string, f *Form) (fields []field) {
	names, known := r.writer.members()
	if !known {
		if r.cfg.Format != format.JSONSchema {
			r.fail(path, "the fields of the event are not known, since it has no schema; write output.value, or the schema as output.schema.file")
		}
		return nil
	}
	for _, name := range names {
		if !slices.ContainsFunc(f.Fields, func(f Field) bool { return f.Name == name }) {
			whole := Form{Kind: Event}
			fields = append(fields, field{name, r.value(below(path, name), whole.At(step(name)))})
		}
	}
	return fields
}

func below(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// unused says which paths of the configuration lead nowhere.
func (r *resolver) unused() {
	for _, setting := range []struct {
		name  string
		paths []string
	}{{"types", slices.Sorted(maps.Keys(r.cfg.Types))}, {"not_null", r.cfg.NotNull}} {
		for _, path := range setting.paths {
			if !r.used[path] {
				r.errs = append(r.errs, &ValueError{Path: path, Setting: setting.name, Reason: fmt.Sprintf("the output has no %s%s", path, nearest(path, r.paths))})
			}
		}
	}
}
