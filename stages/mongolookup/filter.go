package mongolookup

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages/lookup"
)

const placeholder = "$keys"

// filter is the filter of a query, with a place for the keys.
type filter struct {
	document bson.D
	// field is the path of the field whose value is compared by $in. It is empty for $or.
	field string
	// names are the fields of a key that is a document: of a sub-document for $in, of a condition for $or. A single key of $in has
	// none: it is a value.
	names []string
}

// keysHere is the place of the keys in a filter.
type keysHere struct{}

// parseFilter reads a filter for keys with their parts at some paths. No path is that of $in.
func parseFilter(text string, key []string) (*filter, error) {
	if text == "" {
		return nil, errors.New(`there is no find: it is the filter, such as {"user_id": {"$in": "$keys"}}`)
	}
	for _, path := range key {
		if slices.ContainsFunc(strings.Split(path, "."), func(name string) bool { return name == "" || name[0] == '$' }) {
			return nil, fmt.Errorf("key: %q is not a path of names, such as user.id", path)
		}
	}
	document, err := parseDocument("find", text)
	if err != nil {
		return nil, err
	}
	s := search{}
	s.document(document, "")
	switch {
	case s.err != nil:
		return nil, s.err
	case s.found == 0:
		return nil, errors.New(`find has no $keys, which stands for the keys: write for example {"user_id": {"$in": "$keys"}}`)
	case s.found > 1:
		return nil, errors.New("find has $keys twice")
	}
	f := &filter{document: document, field: s.field}
	if s.operator == "$or" {
		if len(key) == 0 {
			return nil, errors.New("key is required for $or: it names the field of each part of the key")
		}
		f.names, f.field = key, ""
		return f, nil
	}
	return f, f.nameParts(key)
}

// nameParts finds the names of the parts of a key that is compared by $in.
func (f *filter) nameParts(key []string) error {
	if len(key) == 0 || len(key) == 1 && key[0] == f.field {
		return nil
	}
	if len(key) == 1 {
		return fmt.Errorf("find compares the keys with %s, and key says %s: leave out key", f.field, key[0])
	}
	for _, path := range key {
		name, below := strings.CutPrefix(path, f.field+".")
		if !below || strings.Contains(name, ".") {
			return fmt.Errorf(`key: %s is not a field of %s, which find compares with whole keys: write {"$or": "$keys"}`, path, f.field)
		}
		f.names = append(f.names, name)
	}
	return nil
}

// search looks for the place of the keys, and marks it.
type search struct {
	found           int
	operator, field string
	negated         bool // below $not or $nor
	err             error
}

func (s *search) document(d bson.D, field string) {
	for i := range d {
		e := &d[i]
		operator, below := "", field
		if strings.HasPrefix(e.Key, "$") {
			operator = e.Key
		} else if below = e.Key; field != "" {
			below = field + "." + e.Key
		}
		outside := s.negated
		s.negated = outside || operator == "$not" || operator == "$nor"
		e.Value = s.value(e.Value, operator, below)
		s.negated = outside
	}
}

// value returns a value with the place of the keys marked. It is that of an operator, or without one that of a field.
func (s *search) value(v any, operator, field string) any {
	switch v := v.(type) {
	case bson.D:
		s.document(v, field)
	case bson.A:
		for i := range v {
			if v[i] == placeholder {
				s.fail("$keys stands in brackets in find: it is a list, write it without them")
				continue
			}
			v[i] = s.value(v[i], operator, field)
		}
	case string:
		if v == placeholder {
			return s.place(operator, field)
		}
		if strings.Contains(v, placeholder) {
			s.fail("find has $keys within a text: it stands alone, for the list of keys")
		}
	}
	return v
}

func (s *search) place(operator, field string) any {
	s.found++
	s.operator, s.field = operator, field
	switch {
	case s.negated:
		s.fail("$keys stands below $not or $nor in find: documents of the keys are looked for, and not the others")
	case operator == "$in" && field != "", operator == "$or" && field == "":
	case operator == "":
		s.fail(`find compares %s with $keys, which are many keys: write {"%s": {"$in": "$keys"}}`, field, field)
	case operator == "$or":
		s.fail("$or with $keys stands below %s in find: it stands at the top", field)
	default:
		s.fail("$keys stands below %s in find: it stands below $in or $or", operator)
	}
	return keysHere{}
}

func (s *search) fail(format string, args ...any) {
	if s.err == nil {
		s.err = fmt.Errorf(format, args...)
	}
}

// of returns the filter for keys. ok is false if no document can have one of them.
func (f *filter) of(keys []lookup.Key, types lookupkey.Types) (_ bson.D, ok bool) {
	list := make(bson.A, 0, len(keys))
	var parts []lookup.Key
	for _, key := range keys {
		if len(types) == 1 {
			parts = append(parts[:0], key)
		} else {
			parts = lookupkey.AppendParts(parts[:0], key)
		}
		list = f.appendKey(list, parts, types, nil)
	}
	return f.with(list), len(list) > 0
}

// appendKey appends the values that a key can have in documents, given those of its first parts.
func (f *filter) appendKey(list bson.A, parts []lookup.Key, types lookupkey.Types, first bson.D) bson.A {
	i := len(first)
	if i == len(parts) {
		return append(list, slices.Clone(first))
	}
	for _, value := range valuesOf(parts[i], types[i]) {
		if f.names == nil {
			list = append(list, value)
			continue
		}
		list = f.appendKey(list, parts, types, append(first, bson.E{Key: f.names[i], Value: value}))
	}
	return list
}

// ofNone returns the filter for no keys, which no document fits.
func (f *filter) ofNone() bson.D {
	if f.field == "" { // $or wants a condition.
		return f.with(bson.A{bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: bson.A{}}}}}})
	}
	return f.with(bson.A{})
}

// with returns the filter with a list in the place of the keys.
func (f *filter) with(list bson.A) bson.D { return replaced(f.document, list).(bson.D) }

func replaced(v any, list bson.A) any {
	switch v := v.(type) {
	case bson.D:
		copied := make(bson.D, len(v))
		for i, e := range v {
			copied[i] = bson.E{Key: e.Key, Value: replaced(e.Value, list)}
		}
		return copied
	case bson.A:
		copied := make(bson.A, len(v))
		for i, element := range v {
			copied[i] = replaced(element, list)
		}
		return copied
	case keysHere:
		return list
	}
	return v
}
