package testrun

import (
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/stages/lookup"
)

// typesOf are the types of a stage's keys: those of key_type, or what the rows have.
func (b *binder) typesOf(s *pipeline.Stage, rows []keyedRow) lookup.Types {
	types := make(lookup.Types, len(s.By))
	for i := range types {
		if i < len(s.KeyType) {
			var err error
			if types[i], err = lookup.ParseType(s.KeyType[i]); err != nil {
				b.fail(b.layout.File.Errorf("stages."+s.Name+".key_type", "%v", err))
			}
			continue
		}
		values := make([]jsontext.Value, len(rows))
		for j, row := range rows {
			values[j] = row.key[i]
		}
		types[i] = inferred(values)
	}
	return types
}

// inferred is the narrowest type that all values have: an integer, a number, a boolean, a UUID or text; any of them where
// they differ, or there are none.
func inferred(values []jsontext.Value) lookup.Type {
	of := lookup.Any
	for i, value := range values {
		next := lookup.Any
		switch value.Kind() {
		case '0':
			next = lookup.Numeric
			if _, err := strconv.ParseInt(string(value), 10, 64); err == nil {
				next = lookup.Bigint
			}
		case 't', 'f':
			next = lookup.Boolean
		case '"':
			next = lookup.Text
			if _, err := lookup.UUID.Canonical(value); err == nil {
				next = lookup.UUID
			}
		default:
		}
		switch {
		case i == 0 || next == of:
			of = next
		case wider(of, next, lookup.Bigint, lookup.Numeric):
			of = lookup.Numeric
		case wider(of, next, lookup.UUID, lookup.Text):
			of = lookup.Text
		default:
			return lookup.Any
		}
	}
	return of
}

// wider says that two types are these two, in any order.
func wider(a, b, narrow, wide lookup.Type) bool {
	return a == narrow && b == wide || a == wide && b == narrow
}
