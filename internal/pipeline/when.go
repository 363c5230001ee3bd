package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loaderline/loaderline/internal/expression"
	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/stages"
)

// when compiles a stage's condition and finds the stages that it looks at.
func (l *layouter) when(s *Stage) {
	if s.Stage.When == "" {
		return
	}
	c := l.expression("stages."+s.Name+".when", s.Stage.When, l.names(s.Index), expression.ParseCondition)
	if c == nil {
		return
	}
	s.When = c
	for _, path := range c.Paths() {
		if isEvent(path) {
			problem := l.eventPath(path)
			if err := l.throughPlace(path); err != nil {
				problem = err.Error()
			}
			if problem != "" {
				l.failf(s, "when", "%s", problem)
				return
			}
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

// fields adds the fields of a stage's condition to the documents that hold them.
func (c *compiler) fields(n *node) []jsonenrich.Field {
	if n.When == nil {
		return nil
	}
	var fields []jsonenrich.Field
	for _, path := range n.When.Paths() {
		f := jsonenrich.Field{Path: path}
		if isEvent(path) {
			f.Ref = c.decoder.AddField(path)
		} else {
			root := c.named(path.Root)
			f.In, f.Ref = root.result, root.answers.AddField(path)
		}
		fields = append(fields, f)
	}
	return fields
}

// named returns the node of a stage, which must exist.
func (c *compiler) named(stage string) *node {
	return c.nodes[slices.IndexFunc(c.nodes, func(n *node) bool { return n.Name == stage })]
}

// conditions returns a stage's condition in the plan, if it has one. Stages with the same text share the condition, and so
// evaluate it once.
func (c *compiler) conditions(n *node, fields []jsonenrich.Field) []stages.Keys[jsonenrich.Document, bool] {
	if n.When == nil {
		return nil
	}
	text := n.Stage.Stage.When
	if known, ok := c.whens[text]; ok {
		return []stages.Keys[jsonenrich.Document, bool]{known}
	}
	var after []stages.Dep
	for _, i := range n.WhenStages {
		after = append(after, c.nodes[i].result.One)
	}
	overBudget := c.layout.File.Errorf("stages."+n.Name+".when", "the condition %s: %v", shortened(text), expression.ErrBudget)
	c.whens[text] = jsonenrich.Condition(c.plan, n.When, fields, overBudget, after...)
	return []stages.Keys[jsonenrich.Document, bool]{c.whens[text]}
}

// shortened returns a condition as a message has it.
func shortened(text string) string {
	const most = 100
	short := []rune(strings.Join(strings.Fields(text), " "))
	if len(short) > most {
		short = append(short[:most], '…')
	}
	return string(short)
}
