package pipeline

import (
	"errors"
	"fmt"
	"strings"

	"github.com/loaderline/loaderline/internal/jsondoc"
)

// by parses a stage's key paths and finds what they lead into.
func (l *layouter) by(s *Stage) {
	for i, text := range s.Stage.By {
		path, err := jsondoc.ParsePath(text)
		if err != nil {
			l.failf(s, byKey(s, i), "%v", err)
			return
		}
		s.By = append(s.By, path)
	}
	first := s.By[0]
	for i, path := range s.By {
		root := -1
		if path.Root != eventRoot {
			other := l.stage(path.Root)
			if other == nil || other.Index >= s.Index {
				l.failf(s, byKey(s, i), "%q begins with neither event nor the name of a stage above", s.Stage.By[i])
				return
			}
			root = other.Index
		}
		switch {
		case i == 0:
			s.Root = root
		case root != s.Root:
			l.failf(s, byKey(s, i), "the parts of a key come from one object; this one comes from %s and the first from %s", path.Root, first.Root)
			return
		case path.Each().String() != first.Each().String():
			l.failf(s, byKey(s, i), "the parts of a key come from the same list: begin with %s", first.Each())
			return
		}
		if len(path.Steps) == 0 {
			l.failf(s, byKey(s, i), "%q names no field; write %s.ID with the field that holds the key", s.Stage.By[i], path.Root)
			return
		}
	}
	s.List = len(first.Each().Steps) > 0
}

func byKey(s *Stage, part int) string {
	if len(s.Stage.By) == 1 {
		return "by"
	}
	return fmt.Sprintf("by[%d]", part)
}

// shape checks a key path against the shape of the result that it leads into.
func (l *layouter) shape(s *Stage) {
	if s.Root < 0 {
		return
	}
	for i, path := range s.By {
		if err := l.fits(path); err != nil {
			l.failf(s, byKey(s, i), "%v", err)
			return
		}
	}
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
	for _, s := range l.Stages {
		into, err := jsondoc.ParsePath(s.Stage.Into)
		if err == nil && into.Root == path.Root && len(into.Steps) == lists+1 &&
			len(path.Steps) > len(into.Steps) && path.HasPrefix(into) {
			return s
		}
	}
	return nil
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
		return "a list of lists, one for each element of " + s.By[0].Each().String()
	case s.List:
		return "a list, with one row for each element of " + s.By[0].Each().String()
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

// inFragment is a path into the result of a stage as it leads into one fragment, the answer for one key: a stage with a
// result for each element of a list has as many fragments.
func (s *Stage) inFragment(path jsondoc.Path) jsondoc.Path {
	if s.List {
		path.Steps = path.Steps[1:]
	}
	return path
}
