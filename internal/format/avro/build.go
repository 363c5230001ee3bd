package avro

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/avro"
)

// Type is a type of a schema that is being built.
type Type struct {
	node avro.SchemaNode
	err  error // what is wrong with it
}

// FieldType is a field of a record that is being built.
type FieldType struct {
	Name string
	Type Type
	Doc  string
}

// Plain is a type without parameters.
type Plain string

// The types without parameters, by the names of the specification.
const (
	Boolean        Plain = "boolean"
	Int            Plain = "int"
	Long           Plain = "long"
	Float          Plain = "float"
	Double         Plain = "double"
	String         Plain = "string"
	Bytes          Plain = "bytes"
	UUID           Plain = "uuid"
	Date           Plain = "date"
	TimeOfDay      Plain = "time-micros"
	Timestamp      Plain = "timestamp-micros"
	LocalTimestamp Plain = "local-timestamp-micros"
)

// Type is the type of that name.
func (p Plain) Type() Type {
	switch p {
	case UUID:
		return Type{node: avro.SchemaNode{Type: "string", LogicalType: string(p)}}
	case Date:
		return Type{node: avro.SchemaNode{Type: "int", LogicalType: string(p)}}
	case TimeOfDay, Timestamp, LocalTimestamp:
		return Type{node: avro.SchemaNode{Type: "long", LogicalType: string(p)}}
	default:
		return Type{node: avro.SchemaNode{Type: string(p)}}
	}
}

// Decimal is a decimal stored in bytes.
func Decimal(precision, scale int) Type {
	return Type{node: avro.SchemaNode{Type: "bytes", LogicalType: "decimal", Precision: precision, Scale: scale}}
}

// ArrayOf is a list.
func ArrayOf(item Type) Type {
	return Type{avro.SchemaNode{Type: "array", Items: &item.node}, item.err}
}

// MapOf is a map from strings.
func MapOf(value Type) Type {
	return Type{avro.SchemaNode{Type: "map", Values: &value.node}, value.err}
}

// Nullable is null or a value. What can be null already stays as it is.
func Nullable(of Type) Type {
	null := avro.SchemaNode{Type: "null"}
	switch {
	case of.node.Type == "null", slices.ContainsFunc(of.node.Branches, isNull):
		return of
	case of.node.Type == "union":
		return Type{avro.SchemaNode{Type: "union", Branches: append([]avro.SchemaNode{null}, of.node.Branches...)}, of.err}
	default:
		return Type{avro.SchemaNode{Type: "union", Branches: []avro.SchemaNode{null, of.node}}, of.err}
	}
}

func isNull(n avro.SchemaNode) bool { return n.Type == "null" }

// Of is a schema as a part of another one, with its documentation, defaults and named types.
func Of(schema *Schema) Type {
	parsed, err := schema.parsed()
	if err != nil {
		return Type{err: err}
	}
	return Type{node: *parsed.Root()}
}

// ValidName says that the specification allows a name for a field or a type.
func ValidName(name string) bool {
	for i, c := range []byte(name) {
		letter := c == '_' || c|0x20-'a' < 26
		if !letter && (i == 0 || c-'0' > 9) {
			return false
		}
	}
	return name != ""
}

// Record is a record. Its fields that can be null have null as their default if that comes first among their types.
func Record(name, namespace string, fields ...FieldType) Type {
	var problems []error
	for part := range strings.SplitSeq(fullName(name, namespace), ".") {
		if !ValidName(part) {
			problems = append(problems, fmt.Errorf("%q is no Avro name: use letters, digits and _, and no digit first", fullName(name, namespace)))
			break
		}
	}
	record := avro.SchemaNode{Type: "record", Name: name, Namespace: namespace}
	for _, f := range fields {
		if !ValidName(f.Name) {
			problems = append(problems, fmt.Errorf("the field %q of %s is no Avro name: use letters, digits and _, and no digit first", f.Name, name))
		}
		problems = append(problems, f.Type.err)
		optional := len(f.Type.node.Branches) > 0 && isNull(f.Type.node.Branches[0])
		record.Fields = append(record.Fields, avro.SchemaField{Name: f.Name, Type: f.Type.node, Doc: f.Doc, HasDefault: optional})
	}
	return Type{record, errors.Join(problems...)}
}

// Build makes a schema. A named type that is in it more than once is defined where it first comes, and referred to by its name afterwards.
func Build(t Type) (*Schema, error) {
	err := t.err
	var parsed *avro.Schema
	if err == nil {
		parsed, err = t.node.Schema(names)
	}
	switch {
	case err != nil && strings.Contains(err.Error(), "conflicting definitions"):
		return nil, fmt.Errorf("build the Avro schema: %w: give the record that is added another name or namespace", err)
	case err != nil:
		return nil, fmt.Errorf("build the Avro schema: %w", err)
	default:
		return Parse(parsed.String())
	}
}
