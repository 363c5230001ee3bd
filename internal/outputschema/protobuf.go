package outputschema

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/protobuf"
	"github.com/loaderline/loaderline/internal/lookupext"
)

// deriveProtobuf makes a .proto file, whose first message is the output.
func deriveProtobuf(root *value, cfg Config) (*Schema, error) {
	b := protoBuilder{names: newTypeNames(cfg.Name), file: protobuf.NewBuilder(cfg.Namespace), previous: cfg.Previous}
	b.inline(root) // First, since that decides about the syntax of the file.
	name := b.message(root)
	b.file.First(name)
	if err := errors.Join(b.errs...); err != nil {
		return nil, err
	}
	text, err := b.file.Text()
	if err != nil {
		return nil, fmt.Errorf("the derived .proto file: %w", err)
	}
	const main = "output.proto"
	parsed, err := protobuf.Parse(map[string]string{main: text}, main)
	if err != nil {
		return nil, fmt.Errorf("the derived .proto file: %w", err)
	}
	message, err := parsed.Message(string(name))
	if err != nil {
		return nil, err
	}
	return &Schema{Format: format.Protobuf, Text: text, Message: message, Name: message.Name()}, nil
}

type protoBuilder struct {
	names    *typeNames
	file     *protobuf.Builder
	previous *protobuf.Schema // nil: there is none
	errs     []error
}

// inline copies the messages of the writer's schema that a value has.
func (b *protoBuilder) inline(v *value) {
	switch {
	case v.kind == messageValue && v.message.Message != nil:
		b.file.Inline(v.message.Message)
	case v.kind == list:
		b.inline(v.item)
	default:
		for _, f := range v.fields {
			b.inline(f.value)
		}
	}
}

func (b *protoBuilder) message(v *value) protobuf.Type {
	name := b.names.of(v.path)
	fields := make([]protobuf.BuiltField, len(v.fields))
	for i, f := range v.fields {
		fields[i] = b.field(f)
	}
	reserved := b.number(name, fields)
	t := b.file.Message(name, fields...)
	b.file.Reserve(t, reserved...)
	return t
}

// number numbers the fields of a message. A field that was there before keeps its number, and a new one gets the next. The result is the
// numbers to reserve: old records still have values of fields that are gone.
func (b *protoBuilder) number(name string, fields []protobuf.BuiltField) []protobuf.NumberRange {
	if b.previous == nil {
		return nil
	}
	before, err := b.previous.Message(name)
	if err != nil {
		return nil // It is new.
	}
	used := before.Numbers()
	gone := maps.Clone(used.Fields)
	for i := range fields {
		f := &fields[i]
		number, had := used.Fields[f.Name]
		if !had {
			number = used.Next()
			used.Fields[f.Name] = number
		}
		f.Number = number
		delete(gone, f.Name)
	}
	// In one order, so that the same fields are the same text.
	slices.SortFunc(fields, func(a, b protobuf.BuiltField) int { return cmp.Compare(a.Number, b.Number) })
	for _, number := range slices.Sorted(maps.Values(gone)) {
		used.Reserved = append(used.Reserved, protobuf.NumberRange{From: number, To: number + 1})
	}
	return used.Reserved
}

func (b *protoBuilder) field(f field) protobuf.BuiltField {
	built := protobuf.BuiltField{Name: f.name, Optional: f.value.nullable}
	v := f.value
	if v.kind == list {
		built.Repeated, v = true, v.item
	}
	if v.kind == column && v.column.Kind == lookupext.Array && !built.Repeated {
		built.Repeated, v = true, &value{path: v.path, kind: column, column: *v.column.Item}
	}
	built.Type = b.of(v)
	return built
}

func (b *protoBuilder) of(v *value) protobuf.Type {
	switch {
	case v.kind == list, v.kind == column && v.column.Kind == lookupext.Array:
		b.errs = append(b.errs, &ValueError{Path: v.path, Reason: fmt.Sprintf(
			"Protobuf has no lists of lists; write its type as JSON text, as in output.schema.types: {%s: json}", v.path)})
		return "string"
	case v.kind == object:
		return b.message(v)
	case v.kind == messageValue && v.message.Message != nil:
		return b.file.Inline(v.message.Message)
	case v.kind == messageValue:
		return v.message.Scalar
	default:
		return protoColumn(v.column)
	}
}

var protoTypes = map[lookupext.ColumnKind]protobuf.Type{
	lookupext.Boolean: "bool", lookupext.Integer: "int32", lookupext.Bigint: "int64", lookupext.Real: "float", lookupext.Double: "double",
	lookupext.Bytes: "bytes", lookupext.Timestamptz: "google.protobuf.Timestamp",
}

// protoColumn is the type of a column. What Protobuf has no type for is a string: decimals, dates, times without a zone, and JSON.
func protoColumn(c lookupext.ColumnType) protobuf.Type {
	if t, is := protoTypes[c.Kind]; is {
		return t
	}
	return "string"
}
