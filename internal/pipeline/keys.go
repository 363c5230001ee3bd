package pipeline

import (
	"fmt"

	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// key is one key found in a document, or why there is none.
type key struct {
	key lookup.Key
	err error
}

// keyPath finds the keys of a stage in documents: its parts, each a path of a Scanner.
type keyPath struct {
	parts    []int          // the paths' numbers in the scanner
	types    lookup.Types   // as they were at the start
	names    []jsondoc.Path // for errors
	learners []learner      // whose keys they are, where types can change
}

// list says that a document has any number of keys, and not exactly one.
func (p *keyPath) list() bool { return len(p.names[0].Each().Steps) > 0 }

// keys appends the keys that a scan found, which may share doc's memory.
func (p *keyPath) keys(dst []key, doc []byte, found *jsondoc.Result) []key {
	for i := range found.Values[p.parts[0]] {
		dst = append(dst, p.at(i, doc, found))
	}
	return dst
}

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

// part is the i-th value of one part of the key.
func (p *keyPath) part(part, i int, doc []byte, found *jsondoc.Result) ([]byte, error) {
	switch v := found.Values[p.parts[part]][i]; v.Kind {
	case jsondoc.Absent:
		return nil, stages.ErrNoKey
	case jsondoc.Mismatch:
		return nil, fmt.Errorf("%s: what stands on the way there is neither an object nor a list as the path has it", p.names[part])
	default:
		return v.In(doc), nil
	}
}

// scannerPaths collects the paths for a Scanner, each once.
type scannerPaths struct {
	values, points []jsondoc.Path
}

func (s *scannerPaths) value(p jsondoc.Path) int { return number(&s.values, p) }
func (s *scannerPaths) point(p jsondoc.Path) int { return number(&s.points, p) }

func number(paths *[]jsondoc.Path, p jsondoc.Path) int {
	text := p.String()
	for i, q := range *paths {
		if q.String() == text {
			return i
		}
	}
	*paths = append(*paths, p)
	return len(*paths) - 1
}

func (s *scannerPaths) scanner() *jsondoc.Scanner { return jsondoc.NewScanner(s.values, s.points) }
