package pipeline

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/loaderline/loaderline/internal/expression"
	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/strictyaml"
)

// Term is an expression of the section output: a path that is copied as it is, or an expression to evaluate.
type Term struct {
	// Path is set if Expr is nil.
	Path jsondoc.Path
	Expr *expression.Expression
}

// paths returns the paths that the term looks at.
func (t Term) paths() []jsondoc.Path {
	if t.Expr != nil {
		return t.Expr.Paths()
	}
	return []jsondoc.Path{t.Path}
}

// Keys of the section output.
const (
	valueKey   = "output.value"
	keyKey     = "output.key"
	forEachKey = "output.for_each"
)

func routeKey(i int) string { return fmt.Sprintf("output.routes[%d].when", i) }

// output compiles the expressions of the section output.
func (l *layouter) output() {
	o := &l.File.Output
	l.Terms = map[string]Term{}
	if o.ForEach != "" {
		l.term(forEachKey, o.ForEach, false, expression.Parse)
		l.checkList(o)
	}
	inEach := o.ForEach != ""
	if o.Value != nil {
		l.template(o.Value, inEach)
	}
	if o.Key != "" {
		l.scalar(keyKey, o.Key, inEach)
	}
	for _, h := range o.Headers {
		l.scalar(h.Key, h.Value, inEach)
	}
	for i, r := range o.Routes {
		l.term(routeKey(i), r.When, inEach, expression.ParseCondition)
	}
	if !l.isObject() && o.Shape == pipelinefile.ShapeMerge {
		l.problem("output.shape", "with input.format: %s the event is the ID itself, and has no fields to put results next to; write shape: nest, or value", l.File.Input.Format)
	}
}

func (l *layouter) problem(key, format string, args ...any) {
	l.problems = append(l.problems, l.File.Errorf(key, format, args...))
}

func (l *layouter) template(t *strictyaml.Template, inEach bool) {
	switch t.Kind {
	case strictyaml.TemplateExpression:
		l.term(t.Key, t.Text, inEach, expression.Parse)
	case strictyaml.TemplateMapping:
		for i := range t.Fields {
			l.template(&t.Fields[i].Value, inEach)
		}
	case strictyaml.TemplateList:
		for i := range t.Items {
			l.template(&t.Items[i], inEach)
		}
	}
}

// scalar compiles an expression for a single value.
func (l *layouter) scalar(key, text string, inEach bool) {
	l.term(key, text, inEach, expression.Parse)
	if t, ok := l.Terms[key]; ok && t.Expr != nil && !t.Expr.Type().Scalar() {
		l.problem(key, "the expression has type %s, and this is a single value", t.Expr.Type())
	}
}

// plainPath is a path that is no expression. Other names in it are quoted: event."user-id".
var plainPath = regexp.MustCompile(`^[\pL_][\pL\pN_]*(\[\]|\.([\pL_][\pL\pN_]*|"([^"\\]|\\.)*"))*$`)

// term compiles an expression. inEach says that it may look at item.
func (l *layouter) term(key, text string, inEach bool, parse func(string, expression.Names) (*expression.Expression, error)) {
	names := l.names(len(l.Stages))
	if inEach {
		names.Roots = append(names.Roots, itemRoot)
	}
	t, isPath := pathTerm(text, names.Roots)
	if !isPath || strings.HasSuffix(key, ".when") { // A condition is an expression, also if it is a path.
		t = Term{Expr: l.expression(key, text, names, parse)}
		if t.Expr == nil {
			return
		}
	}
	for _, path := range t.paths() {
		if problem := l.outputPath(path, t.Expr != nil); problem != "" {
			l.problem(key, "%s", problem)
			return
		}
	}
	if t.Expr != nil && len(t.Expr.Paths()) == 0 {
		if err := constant(t.Expr); err != nil {
			l.problem(key, "%v", err)
			return
		}
	}
	l.Terms[key] = t
}

// pathTerm returns the path that a text is, if it is one that begins with a root.
func pathTerm(text string, roots []string) (Term, bool) {
	text = strings.TrimSpace(text)
	if !plainPath.MatchString(text) {
		return Term{}, false
	}
	path, err := jsondoc.ParsePath(text)
	if err != nil {
		return Term{}, false
	}
	return Term{Path: path}, slices.Contains(roots, path.Root)
}

// constant evaluates an expression that looks at nothing.
func constant(e *expression.Expression) error {
	result, err := e.Eval(context.Background(), nil)
	if err == nil {
		_, err = expression.AppendJSON(nil, result)
	}
	return err
}

// outputPath checks a path of an output, or of an expression in it. It returns the problem, or an empty text.
func (l *layouter) outputPath(path jsondoc.Path, inExpression bool) string {
	if path.Root == itemRoot {
		return ""
	}
	if isEvent(path) {
		return l.eventPath(path)
	}
	root := l.stage(path.Root)
	lists := root.lists()
	if inExpression {
		if lists > 0 && len(path.Steps) > 0 {
			return fmt.Sprintf("the result of %s is %s: write map(%[1]s, .field), any(%[1]s, .field == ...) or len(%[1]s)", root.Name, root.shapeWords())
		}
		return ""
	}
	leading := 0
	for leading < len(path.Steps) && path.Steps[leading].Each {
		leading++
	}
	if len(path.Steps) > 0 && leading != lists {
		return fmt.Sprintf("the result of %s is %s: write %s%s%s", root.Name, root.shapeWords(), root.Name, strings.Repeat("[]", lists), rest(path.Steps))
	}
	return ""
}

// checkList checks that for_each can be a list, and that something says what each record holds.
func (l *layouter) checkList(o *pipelinefile.Output) {
	if o.Value == nil {
		l.problem(forEachKey, "nothing says what the record of each element holds; add output.value, such as value: {item: item, event: event}")
	}
	t, ok := l.Terms[forEachKey]
	switch {
	case !ok:
	case t.Expr != nil:
		if kind := t.Expr.Type(); kind != expression.Any && kind != expression.List {
			l.problem(forEachKey, "the expression has type %s, and is not a list", kind)
		}
	case isEvent(t.Path) && (t.Path.Root == recordRoot || len(t.Path.Steps) == 0):
		l.problem(forEachKey, "%s is not a list; write the path of one, such as event.items", t.Path)
	case !isEvent(t.Path) && len(t.Path.Steps) == 0 && l.stage(t.Path.Root).lists() == 0:
		l.problem(forEachKey, "the result of %s is one row, and not a list; write the path of a list, or many: true in the stage", t.Path.Root)
	}
}
