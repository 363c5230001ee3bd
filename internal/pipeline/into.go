package pipeline

import (
	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/strictyaml"
)

// into finds where a stage's result stands.
func (l *layouter) into(s *Stage) {
	if s.Stage.Into == "" {
		s.Into = jsondoc.Path{Root: s.Name}
		return
	}
	path, err := jsondoc.ParsePath(s.Stage.Into)
	if err != nil {
		l.failf(s, "into", "%v", err)
		return
	}
	s.Into = path
	if path.Root == eventRoot {
		l.intoEvent(s, path)
		return
	}
	if len(path.Steps) == 0 {
		return
	}
	if path.Steps[len(path.Steps)-1].Each {
		l.failf(s, "into", "%s names no field; write %s.%s", path, path, s.Name)
		return
	}
	parent := l.stage(path.Root)
	switch parent {
	case nil:
		l.failf(s, "into", "there is no stage %q%s", path.Root, l.nearestParent(s, path))
		return
	case s:
		l.failf(s, "into", "a result cannot go into itself")
		return
	}
	if err := l.fits(path); err != nil {
		l.failf(s, "into", "%v", err)
		return
	}
	each := path.Each()
	switch by := s.list(); {
	case s.List && s.Root < 0:
		l.failf(s, "into", "the results are one for each element of %s, so this begins with it: write %s.%s", by, by, s.Field())
		return
	case s.List && by.String() != each.String():
		l.failf(s, "into", "the results are one for each element of %s, so this begins with it: write %s.%s", by, by, s.Field())
		return
	case !s.List && len(each.Steps) > 0:
		l.failf(s, "into", "%s is a list and there is one result; take the key from the list's elements, or write a path without []", each)
		return
	}
	s.Parent = parent.Index
	parent.Children = append(parent.Children, s.Index)
}

// intoEvent checks a place in the event.
func (l *layouter) intoEvent(s *Stage, path jsondoc.Path) {
	switch by, each := s.list(), path.Each(); {
	case len(path.Steps) == 0:
		l.failf(s, "into", "event is the event itself; write one name, such as %s, or the path of a new field in it, such as event.%[1]s", s.Name)
	case !l.isObject():
		l.failf(s, "into", "with input.format: %s the event is the ID itself and has no members; write one name, such as %s", l.File.Input.Format, s.Name)
	case path.Steps[len(path.Steps)-1].Each:
		l.failf(s, "into", "%s names no field; write %s.%s", path, path, s.Name)
	case s.List && by.String() != each.String():
		l.failf(s, "into", "the results are one for each element of %s, so this begins with it: write %s.%s", by, by, s.Field())
	case !s.List && len(each.Steps) > 0:
		l.failf(s, "into", "%s is a list and there is one result; take the key from the list's elements, or write a path without []", each)
	default:
		s.Parent = inEvent
	}
}

func (l *layouter) nearestParent(s *Stage, path jsondoc.Path) string {
	var names []string
	for _, other := range l.Stages {
		if other != s {
			names = append(names, other.Name)
		}
	}
	if name, ok := strictyaml.Nearest(path.Root, names); ok {
		path.Root = name
		return "; did you mean " + path.String() + "?"
	}
	return ""
}

// places checks that no two results stand in one place, nor in each other.
func (l *layouter) places() {
	taken := map[string]*Stage{}
	if l.File.Output.Shape == pipelinefile.ShapeNest {
		taken[eventRoot] = nil
	}
	for _, s := range l.Stages {
		place := s.Into.String()
		if other, ok := taken[place]; ok {
			name := "the event"
			if other != nil {
				name = "the result of stage " + other.Name
			}
			l.failf(s, "into", "%s is at %s already", name, place)
			continue
		}
		taken[place] = s
		for _, other := range l.Stages[:s.Index] {
			if s.Parent == inEvent && other.Parent == inEvent && (s.Into.HasPrefix(other.Into) || other.Into.HasPrefix(s.Into)) {
				l.failf(s, "into", "the result of stage %s is at %s, and no result of the event's goes into another; write a path such as %s.%s", other.Name, other.Into, other.Name, s.Name)
			}
		}
		for parent, steps := s.Parent, 0; parent >= 0; parent, steps = l.Stages[parent].Parent, steps+1 {
			if steps > len(l.Stages) {
				l.failf(s, "into", "the results stand in each other in a circle")
				return
			}
		}
	}
}
