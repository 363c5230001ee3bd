package jsonenrich

import (
	"slices"

	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
)

// EventRoot is the root of paths into the event.
const EventRoot = "event"

// Paths is what a scan of a document looks for: keys of stages, fields of conditions, and the places of results. It collects
// them before the first scan, each once.
type Paths struct {
	keys           []*keyPath
	fields         []int // the scanner's numbers of the fields that conditions look at
	values, points []jsondoc.Path
	scanner        *jsondoc.Scanner // nil if nothing is looked for
}

// KeyPath is where a key is in a document.
type KeyPath struct {
	// Parts are the paths of the key's parts in the document. All of them begin with the same list, if any.
	Parts []jsondoc.Path
	// Names are the same paths as errors have them.
	Names []jsondoc.Path
	Types lookupkey.Types
	// Learner is the lookup of the keys if it can learn other types than Types. Optional.
	Learner lookupext.Learner
}

// AddKey adds a key path and returns its number. Stages with the same parts and types share a number.
func (p *Paths) AddKey(k KeyPath) int {
	added := &keyPath{types: k.Types, names: k.Names}
	if k.Learner != nil {
		added.learners = []lookupext.Learner{k.Learner}
	}
	for _, part := range k.Parts {
		added.parts = append(added.parts, p.value(part))
	}
	for i, q := range p.keys {
		if slices.Equal(q.parts, added.parts) && slices.Equal(q.types, added.types) && (len(q.learners) > 0) == (k.Learner != nil) {
			if k.Learner != nil && !slices.Contains(q.learners, k.Learner) {
				q.learners = append(q.learners, k.Learner)
			}
			return i
		}
	}
	p.keys = append(p.keys, added)
	return len(p.keys) - 1
}

// AddField adds a field that a condition looks at, and returns its number.
func (p *Paths) AddField(path jsondoc.Path) int {
	value := p.value(path)
	if i := slices.Index(p.fields, value); i >= 0 {
		return i
	}
	p.fields = append(p.fields, value)
	return len(p.fields) - 1
}

// value returns the scanner's number of a path to values, point that of a path to objects.
func (p *Paths) value(path jsondoc.Path) int { return number(&p.values, path) }
func (p *Paths) point(path jsondoc.Path) int { return number(&p.points, path) }

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

// compile makes the scanner, after which nothing is added.
func (p *Paths) compile() {
	if len(p.values)+len(p.points) > 0 {
		p.scanner = jsondoc.NewScanner(p.values, p.points)
	}
}

// fieldsOf returns the fields of conditions that a scan found. Their paths have no [], so each has one value.
func (p *Paths) fieldsOf(found *jsondoc.Result) []jsondoc.Value {
	if len(p.fields) == 0 {
		return nil
	}
	values := make([]jsondoc.Value, len(p.fields))
	for i, f := range p.fields {
		values[i] = found.Values[f][0]
	}
	return values
}
