package jsondoc

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// Scanner finds the values of a set of paths in a document. It is made once and safe for concurrent use.
type Scanner struct {
	root   *node
	paths  int
	points int
	spare  sync.Pool // of *scan
}

// node is a place in documents that a path leads to or through.
type node struct {
	members []member
	each    *node
	values  []int // the paths that end here
	points  []int // the objects that end here, whose closing brace is wanted
	// What lies below without another [] between: the root of the document and each element have one entry for each of them.
	ownValues []int
	ownPoints []int
}

type member struct {
	name string
	node *node
}

// NewScanner makes a scanner for the values at some paths and the closing braces of the objects at others. Roots
// are not looked at: all steps are taken from the document itself.
func NewScanner(values, points []Path) *Scanner {
	s := &Scanner{root: &node{}, paths: len(values), points: len(points)}
	for i, p := range values {
		end, own := s.root.descend(p.Steps)
		end.values, own.ownValues = append(end.values, i), append(own.ownValues, i)
	}
	for i, p := range points {
		end, own := s.root.descend(p.Steps)
		end.points, own.ownPoints = append(end.points, i), append(own.ownPoints, i)
	}
	return s
}

// descend makes the nodes along steps. It returns the last of them, and the last that is an element.
func (n *node) descend(steps []Step) (end, own *node) {
	end, own = n, n
	for _, step := range steps {
		if step.Each {
			if end.each == nil {
				end.each = &node{}
			}
			end, own = end.each, end.each
			continue
		}
		next := end.named([]byte(step.Name))
		if next == nil {
			next = &node{}
			end.members = append(end.members, member{step.Name, next})
		}
		end = next
	}
	return end, own
}

// Kind says what is where a path leads.
type Kind uint8

const (
	// Absent is nothing, or null on the way there.
	Absent Kind = iota
	// Found is a value, null included.
	Found
	// Mismatch is something on the way that is no object, or no array where the path has [].
	Mismatch
)

// Value is one value of a path: document[From:To].
type Value struct {
	From, To int32
	Kind     Kind
}

// In is the value's bytes in the document that it was found in. They alias it.
func (v Value) In(doc []byte) []byte { return doc[v.From:v.To] }

// NoPoint is the entry of an object that is not there.
const NoPoint int32 = -1

// Result is what a scan found, by path: one entry for each element of the path's last [], in order; without a [] exactly one.
type Result struct {
	Values [][]Value
	Points [][]int32 // offsets of closing braces
	Object bool      // the document is an object
	Array  bool      // the document is an array
}

// Reset empties a Result and keeps its memory for another scan by the same Scanner.
func (r *Result) Reset() {
	for i := range r.Values {
		r.Values[i] = r.Values[i][:0]
	}
	for i := range r.Points {
		r.Points[i] = r.Points[i][:0]
	}
	r.Object, r.Array = false, false
}

// SyntaxError says why a document is refused, and where.
type SyntaxError struct {
	Offset int64
	Reason string // what the document is or has, to be read behind its name: "is not JSON: unexpected end"
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.Reason, e.Offset) }

// IsJSON reports whether the document is JSON to some readers. It was then refused because others would read it differently.
func (e *SyntaxError) IsJSON() bool {
	return !strings.HasPrefix(e.Reason, notJSON) && e.Reason != secondDocument && e.Reason != notUTF8
}

// Brief says the same as Error, without any part of the document. It can be published where the document may not be.
func (e *SyntaxError) Brief() string {
	if !e.IsJSON() {
		return fmt.Sprintf("is not JSON, at byte %d", e.Offset)
	}
	if strings.HasPrefix(e.Reason, badSurrogate) {
		return fmt.Sprintf("%s, at byte %d", badSurrogate, e.Offset)
	}
	return e.Error()
}

const (
	notJSON        = "is not JSON: "
	secondDocument = "is more than one JSON document, the second"
	badSurrogate   = "has an invalid surrogate pair"
	notUTF8        = "has invalid UTF-8"
)

// Check checks a document as Scan does, and looks for nothing in it. It is safe for concurrent use.
func Check(doc []byte) error {
	var none Result
	return nothing.Scan(doc, &none)
}

// nothing is a Scanner without paths. It is never changed.
var nothing = NewScanner(nil, nil)

// scan is what one scan takes, and the next one uses again.
type scan struct {
	plain   plain
	strict  strict
	out     *Result
	counted []int // entries of each own value or point when an element began, a stack
}

// Scan checks that doc is one JSON document (RFC 8259, valid UTF-8, no name twice in an object, at most 10,000 levels
// deep) and appends what it finds to out, whose slices have to be empty. Its errors are *SyntaxError.
func (s *Scanner) Scan(doc []byte, out *Result) error {
	c, ok := s.spare.Get().(*scan)
	if !ok {
		c = &scan{}
	}
	defer s.spare.Put(c)
	c.out = out
	if out.Values == nil {
		out.Values = make([][]Value, s.paths)
		out.Points = make([][]int32, s.points)
	}
	c.plain.reset(doc)
	err := c.document(&c.plain, s.root)
	if err != nil {
		out.Reset()
		c.counted = c.counted[:0]
		c.strict.reset(doc)
		err = c.document(&c.strict, s.root)
		c.strict.reset(nil)
	}
	c.plain.doc, c.out = nil, nil
	return Explain(err, len(doc))
}

func (c *scan) document(from reader, root *node) error {
	kind := from.kind()
	c.out.Object, c.out.Array = kind == '{', kind == '['
	if err := c.element(from, root); err != nil {
		return err
	}
	return from.end()
}

// Brief says what is wrong with a document of a size, as SyntaxError.Brief does, by an error of Explain or of package jsontext. err must
// not be nil.
func Brief(err error, size int) string {
	syntax, _ := errors.AsType[*SyntaxError](Explain(err, size)) // It always is one.
	return syntax.Brief()
}

// Explain turns jsontext's error about a document of a size into a *SyntaxError. Other errors stay as they are.
func Explain(err error, size int) error {
	if _, is := errors.AsType[*SyntaxError](err); is || err == nil {
		return err
	}
	var offset int64
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		offset, err = syntax.ByteOffset, syntax.Err
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return &SyntaxError{Offset: int64(size), Reason: notJSON + "unexpected end"}
	}
	reason := notJSON + err.Error()
	// These are JSON to some readers, so that the library's words are not put behind ours. It has no names for them but one.
	switch text := err.Error(); {
	case errors.Is(err, jsontext.ErrDuplicateName):
		reason = "has a name twice in one object, the second"
	case text == "exceeded max depth":
		reason = "is nested more than 10,000 levels deep"
	case text == "invalid UTF-8":
		reason = notUTF8
	case strings.HasPrefix(text, "invalid surrogate pair"):
		reason = "has an " + text
	}
	return &SyntaxError{Offset: offset, Reason: reason}
}
