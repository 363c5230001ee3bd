package grpclookup

import (
	"errors"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/loaderline/loaderline/internal/lookupext"
)

// rows are what the descriptors say of the rows of a response.
type rows struct {
	named   bool   // the keys are those of a map field
	err     string // the path in a row to its error, down to the code
	zero    string // the name of the zero of the enum that the error is
	columns []lookupext.Column
}

// checkResponse checks where a query looks for the parts of a response, and sets the default of its key.
func checkResponse(q *Query, output protoreflect.MessageDescriptor) (r rows, err error) {
	if q.Items == "" {
		return r, wrong("items", "there are no items: write the path to the repeated field with the rows")
	}
	items, err := spot{root: output}.follow("items", q.Items)
	if err != nil {
		return r, err
	}
	switch r.named = items.isMap(); {
	case r.named && len(q.Key) > 0:
		return r, wrong("key", "the keys of the map %s are the keys: leave out key", q.Items)
	case !r.named && !items.isList():
		return r, wrong("items", "%s is %s: rows are in a repeated field or in a map", q.Items, items)
	case !r.named && len(q.Key) == 0:
		q.Key = []string{defaultKey}
	}
	row := spot{field: items.field, element: true}
	valueErr := r.checkValue(*q, row)
	return r, errors.Join(checkKey(q.Key, row), valueErr, r.checkError(*q, row))
}

// checkKey checks the paths to the parts of a row's key.
func checkKey(paths []string, row spot) error {
	var errs []error
	for _, path := range paths {
		at, err := row.follow("key", path)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if _, ok := at.keyType(); !ok && !at.isUnknown() {
			errs = append(errs, wrong("key", "%s is %s: a key is a number, a string or a boolean", path, at))
		}
	}
	return errors.Join(errs...)
}

// checkValue checks the path to a row's value.
func (r *rows) checkValue(q Query, row spot) error {
	value, err := row.follow("value", q.Value)
	if err != nil {
		return err
	}
	if r.named && q.Many {
		if !value.isList() && !value.isUnknown() {
			return wrong("items", "with many: true each value of the map %s has a list: write value with the path to it, or leave out many", q.Items)
		}
		value.element = true
	}
	if m := value.message(); m != nil && !isFree(m) {
		r.columns = columnsOf(m)
	}
	return nil
}

// checkError checks the path to a row's error.
func (r *rows) checkError(q Query, row spot) error {
	if q.Error == "" {
		return nil
	}
	at, err := row.follow("error", q.Error)
	if err != nil {
		return err
	}
	r.err = q.Error
	switch m := at.message(); {
	case m == nil:
	case m.FullName() == statusName:
		r.err += ".code"
	case isFree(m):
	default:
		return wrong("error", "%s is %s: write the path to the field of it that is the code", q.Error, at)
	}
	if kind, ok := at.scalar(); ok && kind == protoreflect.EnumKind {
		if zero := at.value().Enum().Values().ByNumber(0); zero != nil {
			r.zero = string(zero.Name())
		}
	}
	return nil
}

// columnsOf are the fields of a message as they are in JSON.
func columnsOf(m protoreflect.MessageDescriptor) []lookupext.Column {
	columns := make([]lookupext.Column, m.Fields().Len())
	for i := range columns {
		f := m.Fields().Get(i)
		columns[i] = lookupext.Column{Name: f.TextName(), Type: columnType(spot{field: f})}
	}
	return columns
}

func columnType(s spot) lookupext.ColumnType {
	t := lookupext.ColumnType{Kind: lookupext.JSON, Declared: s.String()}
	if s.isList() {
		item := columnType(spot{field: s.field, element: true})
		t.Kind, t.Item = lookupext.Array, &item
		return t
	}
	if m := s.message(); m != nil {
		switch m.FullName() {
		case timestampName:
			t.Kind = lookupext.Timestamptz
		case "google.protobuf.Duration", "google.protobuf.FieldMask":
			t.Kind = lookupext.Text
		}
	}
	if kind, ok := s.scalar(); ok {
		t.Kind = columnKinds[kind]
	}
	if t.Kind == lookupext.Numeric {
		t.Precision = uint64Digits
	}
	return t
}

// uint64Digits are those of the largest integer of 64 bits without a sign.
const uint64Digits = 20

var columnKinds = map[protoreflect.Kind]lookupext.ColumnKind{
	protoreflect.BoolKind: lookupext.Boolean, protoreflect.EnumKind: lookupext.Text, protoreflect.StringKind: lookupext.Text,
	protoreflect.BytesKind: lookupext.Bytes, protoreflect.FloatKind: lookupext.Real, protoreflect.DoubleKind: lookupext.Double,
	protoreflect.Int32Kind: lookupext.Integer, protoreflect.Sint32Kind: lookupext.Integer, protoreflect.Sfixed32Kind: lookupext.Integer,
	protoreflect.Int64Kind: lookupext.Bigint, protoreflect.Sint64Kind: lookupext.Bigint, protoreflect.Sfixed64Kind: lookupext.Bigint,
	protoreflect.Uint32Kind: lookupext.Bigint, protoreflect.Fixed32Kind: lookupext.Bigint,
	protoreflect.Uint64Kind: lookupext.Numeric, protoreflect.Fixed64Kind: lookupext.Numeric,
}
