package avro

import (
	"slices"
	"sync"

	"github.com/twmb/avro"
)

// subSchema makes a schema of a part of one. Its text is the canonical one.
func subSchema(root *node) *Schema {
	s := newSchema(root)
	s.text = s.Canonical()
	s.parsed = sync.OnceValues(func() (*avro.Schema, error) { return avro.Parse(s.text, names) })
	return s
}

// NonNull is the type that values of a schema have if they are not null, and whether they can be null. A union of several other types
// stays as it is.
func (s *Schema) NonNull() (of *Schema, nullable bool) {
	n := s.root
	switch {
	case n.kind == kindNull:
		return s, true
	case n.kind != kindUnion || n.null < 0:
		return s, false
	case len(n.union) == 2:
		return subSchema(n.union[1-n.null]), true
	default:
		return s, true
	}
}

// Item is the type of the items of a list, and false for other types.
func (s *Schema) Item() (*Schema, bool) {
	if s.root.kind != kindArray {
		return nil, false
	}
	return subSchema(s.root.item), true
}

// IsRecord reports whether values are records.
func (s *Schema) IsRecord() bool { return s.root.kind == kindRecord }

// MayBeObject reports whether values can be JSON objects: those of a record, of a map, or of a union with one of these.
func (s *Schema) MayBeObject() bool {
	isObject := func(n *node) bool { return n.kind == kindRecord || n.kind == kindMap }
	return isObject(s.root) || slices.ContainsFunc(s.root.union, isObject)
}

// String names the type in errors.
func (s *Schema) String() string { return s.root.String() }
