package pipelinetest

import (
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/pipeline"
)

// typesOf are the types of a stage's keys: those of key_type, or what the rows have.
func (b *binder) typesOf(s *pipeline.Stage, rows []keyedRow) lookupkey.Types {
	types := make(lookupkey.Types, len(s.By))
	for i := range types {
		if i < len(s.KeyType) {
			var err error
			if types[i], err = lookupkey.ParseType(s.KeyType[i]); err != nil {
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
func inferred(values []jsontext.Value) lookupkey.Type {
	of := lookupkey.Any
	for i, value := range values {
		next := lookupkey.Any
		switch value.Kind() {
		case '0':
			next = lookupkey.Numeric
			if _, err := strconv.ParseInt(string(value), 10, 64); err == nil {
				next = lookupkey.Bigint
			}
		case 't', 'f':
			next = lookupkey.Boolean
		case '"':
			next = lookupkey.Text
			if _, err := lookupkey.UUID.Canonical(value); err == nil {
				next = lookupkey.UUID
			}
		default:
		}
		switch {
		case i == 0 || next == of:
			of = next
		case wider(of, next, lookupkey.Bigint, lookupkey.Numeric):
			of = lookupkey.Numeric
		case wider(of, next, lookupkey.UUID, lookupkey.Text):
			of = lookupkey.Text
		default:
			return lookupkey.Any
		}
	}
	return of
}

// wider says that two types are these two, in any order.
func wider(a, b, narrow, wide lookupkey.Type) bool {
	return a == narrow && b == wide || a == wide && b == narrow
}
