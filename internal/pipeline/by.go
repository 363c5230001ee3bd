package pipeline

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/loaderline/loaderline/internal/expression"
	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/pipelinefile"
)

// KeyPart is a part of a stage's key: a path, or an expression over fields of one document.
type KeyPart struct {
	// Text is the part as the file has it.
	Text string
	Path jsondoc.Path // if Expr is nil
	Expr *expression.Expression
}

// paths returns the paths that a part looks at.
func (p *KeyPart) paths() []jsondoc.Path {
	if p.Expr != nil {
		return p.Expr.Paths()
	}
	return []jsondoc.Path{p.Path}
}

// each returns the path of the list for whose elements there is a part each; no steps if there is one part.
func (p *KeyPart) each() jsondoc.Path { return p.Path.Each() }

// list returns the path of the list for whose elements the stage has a result each.
func (s *Stage) list() jsondoc.Path {
	for i := range s.By {
		if each := s.By[i].each(); len(each.Steps) > 0 {
			return each
		}
	}
	return s.By[0].each()
}

// by reads a stage's key and finds what it leads into.
func (l *layouter) by(s *Stage) {
	for i, text := range s.Stage.By {
		part := KeyPart{Text: text}
		if pipelinefile.IsExpression(text) {
			if part.Expr = l.keyExpression(s, i); part.Expr == nil {
				return
			}
		} else {
			path, err := jsondoc.ParsePath(text)
			if err != nil {
				l.failf(s, byKey(s, i), "%v", err)
				return
			}
			part.Path = path
		}
		s.By = append(s.By, part)
	}
	for i := range s.By {
		for _, path := range s.By[i].paths() {
			if problem := l.keyPath(s, i, path); problem != "" {
				l.failf(s, byKey(s, i), "%s", problem)
				return
			}
		}
	}
	s.List = len(s.list().Steps) > 0
}

// keyExpression compiles a part of a key. It returns nil if there is a problem, which it reports.
func (l *layouter) keyExpression(s *Stage, part int) *expression.Expression {
	key := "stages." + s.Name + "." + byKey(s, part)
	e := l.expression(key, s.Stage.By[part], l.names(s.Index), expression.Parse)
	switch {
	case e == nil:
	case len(e.Paths()) == 0:
		l.failf(s, byKey(s, part), "the key is the same for every event; write an expression with a field in it, such as lower(event.email)")
	case !e.Type().Scalar():
		l.failf(s, byKey(s, part), "the expression has type %s, and a key is a single value", e.Type())
	default:
		return e
	}
	return nil
}

// keyPath checks a path of a part against the parts before it. It returns the problem, or an empty text.
func (l *layouter) keyPath(s *Stage, part int, path jsondoc.Path) string {
	root := -1
	if !isEvent(path) {
		other := l.stage(path.Root)
		if other == nil || other.Index >= s.Index {
			return fmt.Sprintf("%q begins with neither event nor record nor the name of a stage above", s.Stage.By[part])
		}
		root = other.Index
	}
	if problem := l.eventPath(path); problem != "" {
		return problem
	}
	if part == 0 && path.String() == s.By[0].paths()[0].String() {
		s.Root = root
	}
	first := s.By[0].paths()[0].Root
	each, list := path.Each(), s.list()
	switch {
	case root != s.Root:
		return fmt.Sprintf("the parts of a key come from one object; this one comes from %s and the first from %s", path.Root, first)
	case len(each.Steps) > 0 && each.String() != list.String():
		return fmt.Sprintf("the parts of a key come from the same list: begin with %s", list)
	case len(each.Steps) == 0 && len(list.Steps) > 0 && root >= 0:
		return fmt.Sprintf("the parts of a key come from the same list: begin with %s", list)
	case len(path.Steps) == 0 && (root >= 0 || l.isObject()):
		return fmt.Sprintf("%q names no field; write %s.ID with the field that holds the key", s.Stage.By[part], path.Root)
	}
	return ""
}

func byKey(s *Stage, part int) string {
	if len(s.Stage.By) == 1 {
		return "by"
	}
	return fmt.Sprintf("by[%d]", part)
}

// shape checks a key against the shape of the result that it leads into.
func (l *layouter) shape(s *Stage) {
	for i := range s.By {
		var err error
		for _, path := range s.By[i].paths() {
			switch {
			case s.Root < 0:
				err = l.throughPlace(path)
			case s.By[i].Expr != nil:
				err = l.looksInto(path)
			default:
				err = l.fits(path)
			}
			if err != nil {
				l.failf(s, byKey(s, i), "%v", err)
				return
			}
		}
	}
}

// throughPlace says whether a path into the event leads to a result that a stage puts there.
func (l *layouter) throughPlace(path jsondoc.Path) error {
	for _, s := range l.Stages {
		into, err := jsondoc.ParsePath(s.Stage.Into)
		if err == nil && into.Root == eventRoot && len(into.Steps) > 0 && !into.Steps[len(into.Steps)-1].Each && path.HasPrefix(into) {
			return fmt.Errorf("%s is where the result of stage %s goes: write %s", into, s.Name, s.Name+strings.Repeat("[]", s.lists())+rest(path.Steps[len(into.Steps):]))
		}
	}
	return nil
}

// fits says whether a path into a stage's result has the [] that its shape wants: one for a stage that has a result for
// each element of a list, and one more for a stage with many rows a key.
func (l *layouter) fits(path jsondoc.Path) error {
	root := l.stage(path.Root)
	lists := root.lists()
	for i := range lists {
		if i >= len(path.Steps) || !path.Steps[i].Each {
			return fmt.Errorf("the result of %s is %s: write %s%s%s", root.Name, root.shapeWords(),
				root.Name, strings.Repeat("[]", lists), rest(path.Steps))
		}
	}
	if len(path.Steps) > lists && path.Steps[lists].Each {
		return fmt.Errorf("the result of %s is %s: write %s%s%s", root.Name, root.shapeWords(),
			root.Name, strings.Repeat("[]", lists), rest(path.Steps))
	}
	if len(path.Steps) == lists {
		return errors.New("a row is not a key: name one of its fields, as in " + path.String() + ".id")
	}
	if placed := l.placedAt(path, lists); placed != nil {
		return fmt.Errorf("%s is where the result of stage %s goes: write %s", path, placed.Name,
			placed.Name+strings.Repeat("[]", placed.lists())+rest(path.Steps[lists+1:]))
	}
	return nil
}

// placedAt is the stage whose result stands at the first field of a path into another's.
func (l *layouter) placedAt(path jsondoc.Path, lists int) *Stage {
	i := slices.IndexFunc(l.Stages, func(s *Stage) bool {
		into, err := jsondoc.ParsePath(s.Stage.Into)
		return err == nil && into.Root == path.Root && len(into.Steps) == lists+1 &&
			len(path.Steps) > len(into.Steps) && path.HasPrefix(into)
	})
	if i < 0 {
		return nil
	}
	return l.Stages[i]
}

// lists is the number of lists around a row of the stage's result.
func (s *Stage) lists() int {
	n := 0
	if s.List {
		n++
	}
	if s.Many {
		n++
	}
	return n
}

func (s *Stage) shapeWords() string {
	switch {
	case s.List && s.Many:
		return "a list of lists, one for each element of " + s.list().String()
	case s.List:
		return "a list, with one row for each element of " + s.list().String()
	case s.Many:
		return "a list of rows"
	}
	return "one row"
}

// rest is the part of a path behind its leading [].
func rest(steps []jsondoc.Step) string {
	for len(steps) > 0 && steps[0].Each {
		steps = steps[1:]
	}
	return strings.TrimPrefix(jsondoc.Path{Root: "x", Steps: steps}.String(), "x")
}

// inFragment is a path into the result of a stage as it leads into one fragment, the result for one key: a stage with a
// result for each element of a list has as many fragments.
func (s *Stage) inFragment(path jsondoc.Path) jsondoc.Path {
	if s.List {
		path.Steps = path.Steps[1:]
	}
	return path
}
