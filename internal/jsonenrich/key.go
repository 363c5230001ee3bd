package jsonenrich

import (
	"fmt"

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
	parts    []int               // the scanner's numbers of the paths
	types    lookupkey.Types     // as they were at the start
	names    []jsondoc.Path      // for errors
	learners []lookupext.Learner // the lookups whose types can change
}

// list reports whether a document has any number of keys, and not exactly one.
func (p *keyPath) list() bool { return len(p.names[0].Each().Steps) > 0 }

// appendKeys appends the keys that a scan found. They may share doc's memory.
func (p *keyPath) appendKeys(dst []key, doc []byte, found *jsondoc.Result) []key {
	for i := range found.Values[p.parts[0]] {
		dst = append(dst, p.at(i, doc, found))
	}
	return dst
}

// at returns the i-th key that a scan found.
func (p *keyPath) at(i int, doc []byte, found *jsondoc.Result) key {
	if len(p.parts) == 1 {
		raw, err := p.part(0, i, doc, found)
		if err != nil {
			return key{err: err}
		}
		return p.named(p.canonical(raw))
	}
	raws := make([][]byte, len(p.parts))
	for j := range p.parts {
		raw, err := p.part(j, i, doc, found)
		if err != nil {
			return key{err: err}
		}
		raws[j] = raw
	}
	return p.named(p.composite(raws))
}

func (p *keyPath) named(k lookup.Key, err error) key {
	if err != nil {
		return key{err: fmt.Errorf("%s: %w", p.names[0], err)}
	}
	return key{key: k}
}

// part returns one part of the i-th key.
func (p *keyPath) part(part, i int, doc []byte, found *jsondoc.Result) ([]byte, error) {
	switch v := found.Values[p.parts[part]][i]; v.Kind {
	case jsondoc.Absent:
		return nil, stages.ErrNoKey
	case jsondoc.Mismatch:
		return nil, fmt.Errorf("%s: a value on the path is not the object or list that the path needs", p.names[part])
	default:
		return v.In(doc), nil
	}
}
