package jsonenrich

import (
	"slices"
	"sync"

	"github.com/loaderline/loaderline/internal/codec"
	"github.com/loaderline/loaderline/internal/expression"
	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
)

// Roots of paths that are no stages.
const (
	EventRoot  = "event"
	RecordRoot = "record" // the Kafka record of the event
	ItemRoot   = "item"   // the element of a list, for which there is an output
)

// Paths is what a scan of a document looks for: keys of stages, fields of expressions and outputs, and the places of results. It
// collects them before the first scan, each once.
type Paths struct {
	keys           []*keyPath
	fields         []int // the scanner's numbers of the fields
	values, points []jsondoc.Path
	extra          []maker          // of the values that are not in the document
	keyFormat      Format           // of the record's key
	keySchemas     *codec.Decoder   // of the record's key; nil if it has no schema
	scanner        *jsondoc.Scanner // nil if nothing is looked for
	spare          sync.Pool        // of *scanned
}

// Ref is a field that was added to Paths: its number among the fields of the document, or among the extra values.
type Ref struct {
	extra  bool
	number int32
}

// KeyPath is where a key is in a document.
type KeyPath struct {
	// Parts are the key's parts. All parts with a [] begin with the same list. The others are the same for each of its elements.
	Parts []KeyPart
	Types lookupkey.Types
	// Learner is the lookup of the keys if it can learn other types than Types. Optional.
	Learner lookupext.Learner
}

// KeyPart is a part of a key: a path or an expression.
type KeyPart struct {
	// Name is the part as the file has it, for errors.
	Name string
	// Path is the part in the document, if Expr is nil.
	Path jsondoc.Path
	// Expr has the paths Fields in the document, in the order of its own.
	Expr   *expression.Expression
	Fields []jsondoc.Path
}

// AddKey adds a key path and returns its number. Stages with the same parts and types share a number.
func (p *Paths) AddKey(k KeyPath) int {
	added := &keyPath{types: k.Types}
	if k.Learner != nil {
		added.learners = []lookupext.Learner{k.Learner}
	}
	for _, part := range k.Parts {
		added.parts = append(added.parts, p.part(part))
	}
	added.list = max(0, slices.IndexFunc(added.parts, func(p part) bool { return p.list }))
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

// part adds a part of a key.
func (p *Paths) part(k KeyPart) part {
	if k.Expr != nil {
		return part{name: k.Name, extra: true, number: p.compute(k)}
	}
	if k.Path.Root == RecordRoot {
		return part{name: k.Name, extra: true, number: p.recordField(k.Path)}
	}
	return part{name: k.Name, number: p.value(k.Path), list: len(k.Path.Each().Steps) > 0}
}

// AddField adds a field that an expression or an output looks at.
func (p *Paths) AddField(path jsondoc.Path) Ref {
	if path.Root == RecordRoot {
		return Ref{extra: true, number: int32(p.recordField(path))}
	}
	value := p.value(path)
	i := slices.Index(p.fields, value)
	if i < 0 {
		i = len(p.fields)
		p.fields = append(p.fields, value)
	}
	return Ref{number: int32(i)}
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

// getScanned returns memory for a scan, and putScanned takes it back for later ones.
func (p *Paths) getScanned() *scanned {
	s, ok := p.spare.Get().(*scanned)
	if !ok {
		return &scanned{}
	}
	s.found.Reset()
	return s
}

func (p *Paths) putScanned(s *scanned) {
	s.doc, s.extra = nil, nil
	p.spare.Put(s)
}

// fieldsOf returns the fields that a scan found. Their paths have no [], so each has one value.
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
