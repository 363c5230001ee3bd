package jsonenrich

import (
	"errors"
	"fmt"
	"slices"

	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// key is a key in a document, or the reason why there is none.
type key struct {
	key lookup.Key
	err error
}

// keyPath finds the keys of stages in a scanned document.
type keyPath struct {
	parts    []part
	list     int                 // the part of whose values there are as many as keys
	types    lookupkey.Types     // as they were at the start
	learners []lookupext.Learner // the lookups whose types can change
}

// part is a part of a key.
type part struct {
	name   string // for errors
	extra  bool   // it is an extra value
	number int    // the scanner's, or that of the extra value
	list   bool   // there is a value for each element of a list
}

// isList reports whether a document has any number of keys, and not exactly one.
func (p *keyPath) isList() bool {
	return slices.ContainsFunc(p.parts, func(p part) bool { return p.list })
}

// count returns the number of keys that a scan found.
func (p *keyPath) count(s *scanned) int {
	first := p.parts[p.list]
	if first.extra {
		return 1
	}
	return len(s.found.Values[first.number])
}

// appendKeys appends the keys that a scan found. They may share the document's memory.
func (p *keyPath) appendKeys(dst []key, s *scanned) []key {
	for i := range p.count(s) {
		dst = append(dst, p.at(i, s))
	}
	return dst
}

// at returns the i-th key that a scan found.
func (p *keyPath) at(i int, s *scanned) key {
	if len(p.parts) == 1 {
		raw, err := p.parts[0].in(i, s)
		if err != nil {
			return key{err: err}
		}
		return p.named(p.canonical(raw))
	}
	raws := make([][]byte, len(p.parts))
	for j := range p.parts {
		raw, err := p.parts[j].in(i, s)
		if err != nil {
			return key{err: err}
		}
		raws[j] = raw
	}
	return p.named(p.composite(raws))
}

// place returns where the i-th key that a scan found is in the document: nowhere if there is none. It returns false if the key is no part of
// the document, or an error.
func (p *keyPath) place(i int, s *scanned) (jsondoc.Value, bool) {
	k := p.at(i, s)
	if errors.Is(k.err, stages.ErrNoKey) {
		return jsondoc.Value{}, true
	}
	if k.err != nil || len(p.parts) > 1 || p.parts[0].extra {
		return jsondoc.Value{}, false
	}
	v := p.parts[0].value(i, s)
	return v, string(k.key) == string(v.In(s.doc))
}

// value returns the part of the i-th key if it is not an extra value.
func (p *part) value(i int, s *scanned) jsondoc.Value {
	if !p.list {
		i = 0
	}
	return s.found.Values[p.number][i]
}

func (p *keyPath) named(k lookup.Key, err error) key {
	if wrong, ok := errors.AsType[*lookupkey.PartError](err); ok {
		return key{err: fmt.Errorf("%s: %w", p.parts[wrong.Part].name, wrong.Err)}
	}
	if err != nil {
		return key{err: fmt.Errorf("%s: %w", p.parts[0].name, err)}
	}
	return key{key: k}
}

// in returns the part of the i-th key in a document.
func (p *part) in(i int, s *scanned) ([]byte, error) {
	if p.extra {
		raw, err := s.extra.at(p.number)
		switch {
		case err != nil && !errors.Is(err, stages.ErrNoKey):
			return nil, fmt.Errorf("%s: %w", p.name, err)
		case raw == nil:
			return nil, stages.ErrNoKey
		}
		return raw, nil
	}
	switch v := p.value(i, s); v.Kind {
	case jsondoc.Absent:
		return nil, stages.ErrNoKey
	case jsondoc.Mismatch:
		return nil, fmt.Errorf("%s: a value on the path is not the object or list that the path needs", p.name)
	default:
		return v.In(s.doc), nil
	}
}
