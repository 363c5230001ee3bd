package pipeline

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/loaderline/loaderline/internal/condition"
	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/stages"
)

// when compiles a stage's condition and finds the stages that it looks at.
func (l *layouter) when(s *Stage) {
	if s.Stage.When == "" {
		return
	}
	roots := []string{eventRoot}
	for _, other := range l.Stages[:s.Index] {
		roots = append(roots, other.Name)
	}
	c, err := condition.Parse(s.Stage.When, roots)
	if wrong, ok := errors.AsType[*condition.Error](err); ok {
		l.problems = append(l.problems, l.File.ErrorfIn("stages."+s.Name+".when", wrong.Line, wrong.Column, "%s", wrong.Reason))
		return
	}
	s.When = c
	for _, path := range c.Paths() {
		if path.Root == eventRoot {
			continue
		}
		if err := l.looksInto(path); err != nil {
			l.failf(s, "when", "%v", err)
			return
		}
		if i := l.stage(path.Root).Index; !slices.Contains(s.WhenStages, i) {
			s.WhenStages = append(s.WhenStages, i)
		}
	}
	slices.Sort(s.WhenStages)
}

// looksInto checks a field of a condition against the shape of the result that it is in.
func (l *layouter) looksInto(path jsondoc.Path) error {
	root := l.stage(path.Root)
	switch {
	case root.List:
		return fmt.Errorf("the result of %s is %s: a condition looks at the event and at stages with one result for it", root.Name, root.shapeWords())
	case root.Many && len(path.Steps) > 0:
		return fmt.Errorf("the result of %s is a list of rows: write any(%s, %s == ...) or len(%[1]s) > 0", root.Name, root.Name, rest(path.Steps))
	}
	for _, other := range l.Stages {
		if other.Parent == root.Index && path.HasPrefix(other.Into) {
			return fmt.Errorf("%s is where the result of stage %s goes: write %s%s", other.Into, other.Name, other.Name, rest(path.Steps[len(other.Into.Steps):]))
		}
	}
	return nil
}

// look is a field that a condition looks at: in the event, or in the result of a stage.
type look struct {
	in    *node // nil for the event
	field int   // of the document's or the fragment's seen
	path  jsondoc.Path
}

// looks finds the fields of a stage's condition in what they are in.
func (c *compiler) looks(n *node) []look {
	if n.When == nil {
		return nil
	}
	var looks []look
	for _, path := range n.When.Paths() {
		at := look{path: path}
		paths, seen := &c.events, &c.documents.seen
		if path.Root != eventRoot {
			at.in = c.named(path.Root)
			paths, seen = &at.in.answers.scannerPaths, &at.in.answers.seen
		}
		at.field = numbered(seen, paths.value(path))
		looks = append(looks, at)
	}
	return looks
}

// named is the node of a stage that is there.
func (c *compiler) named(stage string) *node {
	return c.nodes[slices.IndexFunc(c.nodes, func(n *node) bool { return n.Name == stage })]
}

// numbered is the place of a number in a list, to which it is added where it is not there.
func numbered(list *[]int, n int) int {
	if i := slices.Index(*list, n); i >= 0 {
		return i
	}
	*list = append(*list, n)
	return len(*list) - 1
}

// firstOf are the values of some paths without [].
func firstOf(found *jsondoc.Result, paths []int) []jsondoc.Value {
	if len(paths) == 0 {
		return nil
	}
	values := make([]jsondoc.Value, len(paths))
	for i, p := range paths {
		values[i] = found.Values[p][0]
	}
	return values
}

// condition is a stage's condition in the plan. Stages with the same share it, and so evaluate it once.
func (c *compiler) condition(n *node, looks []look) stages.Condition[Document] {
	text := n.Stage.Stage.When
	if known, ok := c.whens[text]; ok {
		return known
	}
	var after []stages.Dep
	for _, i := range n.WhenStages {
		after = append(after, c.nodes[i].one)
	}
	overBudget := c.layout.File.Errorf("stages."+n.Name+".when", "the condition %s: %v", shortened(text), condition.ErrBudget)
	w := stages.When(c.plan, func(row stages.Row[Document]) (bool, error) {
		values := make([]any, len(looks))
		for i, l := range looks {
			v, err := l.value(row)
			if err != nil {
				return false, err
			}
			values[i] = v
		}
		holds, err := n.When.Holds(row.Context(), values)
		switch {
		case errors.Is(err, condition.ErrBudget):
			return false, overBudget
		case err != nil:
			return false, fmt.Errorf("when: %w", err)
		}
		return holds, nil
	}, after...)
	c.whens[text] = w
	return w
}

// shortened is a condition as a message has it.
func shortened(text string) string {
	const most = 100
	short := []rune(strings.Join(strings.Fields(text), " "))
	if len(short) > most {
		short = append(short[:most], '…')
	}
	return string(short)
}

// value is what stands in the field for a row.
func (l look) value(row stages.Row[Document]) (any, error) {
	var (
		json []byte
		seen []jsondoc.Value
	)
	if l.in == nil {
		json, seen = row.Event().value, row.Event().seen
	} else {
		switch r := l.in.one.Of(row); r.State {
		case stages.Failed, stages.Blocked:
			return nil, stages.ErrBlocked
		case stages.Missing:
			if l.in.Many {
				return []any{}, nil
			}
			return nil, nil
		case stages.Loaded:
			json, seen = r.Value.json, r.Value.seen
		}
	}
	v := seen[l.field]
	if v.Kind == jsondoc.Mismatch {
		return nil, fmt.Errorf("when: %s: what stands on the way there is no object", l.path)
	}
	value, err := condition.Value(v.In(json))
	if err != nil {
		return nil, fmt.Errorf("when: %s: %w", l.path, err)
	}
	return value, nil
}
