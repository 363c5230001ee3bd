// Package condition compiles and evaluates the conditions of stages: expressions over fields of an event and of earlier
// stages' results, such as `event.type == "order" && user.tier in ["gold", "platinum"]`.
//
// The language is Expr's (expr-lang.org), with two additions, so that every condition has an answer for every event that
// can be compared at all. A field that is absent is null, and null spreads: what is made of it is null, compared with it
// false, and taken for a boolean false. Numbers compare exactly: one that neither 64 bits nor a float hold is refused.
package condition

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"

	"github.com/loaderline/loaderline/internal/jsondoc"
)

// Condition is a compiled expression. It is safe for concurrent use.
type Condition struct {
	paths   []jsondoc.Path
	names   []string // of the paths, in the program
	program *vm.Program
	spare   sync.Pool // of *machine
}

// machine is what one evaluation needs.
type machine struct {
	vm     vm.VM
	fields map[string]any
	budget budget
}

// Error says what is wrong with an expression, and where: both count from 1, and columns count characters.
type Error struct {
	Line, Column int
	Reason       string
}

func (e *Error) Error() string { return e.Reason }

// Parse compiles an expression whose fields begin with one of roots. Its errors are *Error.
func Parse(text string, roots []string) (*Condition, error) {
	tree, err := parser.Parse(text)
	if err != nil {
		return nil, wrong(err, roots)
	}
	fields := &fieldFinder{roots: roots, found: map[string]jsondoc.Path{}}
	ast.Walk(&tree.Node, fields)
	if fields.problem != nil {
		return nil, wrong(fields.problem.Bind(tree.Source), roots)
	}
	known := types.Map{nullName: types.Any}
	for _, root := range roots {
		known[root] = types.Any
	}
	for name := range fields.found {
		known[name] = types.Any
	}
	options := []expr.Option{expr.Env(known), expr.AsBool(), expr.DisableBuiltin("now"), expr.Patch(fields)}
	// What may be null is of any type, so types are checked before.
	if _, err := expr.Compile(text, options...); err != nil {
		return nil, wrong(err, roots)
	}
	loops := &loopFinder{}
	ast.Walk(&tree.Node, loops)
	functionTypes(known)
	program, err := expr.Compile(text, append(options, expr.Patch(&nullable{}), expr.Patch(&meter{loops: loops.found}))...)
	if err != nil {
		return nil, wrong(err, roots)
	}
	c := &Condition{program: program}
	used := &nameFinder{names: map[string]bool{}}
	root := program.Node()
	ast.Walk(&root, used)
	for _, name := range slices.Sorted(maps.Keys(fields.found)) {
		if used.names[name] {
			c.names, c.paths = append(c.names, name), append(c.paths, fields.found[name])
		}
	}
	return c, nil
}

// wrong is an error of the library in the words of this package.
func wrong(err error, roots []string) *Error {
	e := &Error{Line: 1, Column: 1, Reason: err.Error()}
	if at, ok := errors.AsType[*file.Error](err); ok {
		e.Line, e.Column, e.Reason = at.Line, at.Column+1, at.Message
	}
	if e.Reason == `unexpected token Operator("=")` {
		e.Reason = "= does not compare; use == to compare"
	}
	if strings.HasPrefix(e.Reason, "unknown name") {
		e.Reason += "; a field begins with " + strings.Join(roots, " or ")
	}
	if kind, ok := strings.CutPrefix(e.Reason, "expected bool, but got "); ok {
		e.Reason = "the condition is not a boolean but has type " + kind + "; compare it with something"
	}
	return e
}

// Paths are the fields that the condition looks at, in the order of Holds.
func (c *Condition) Paths() []jsondoc.Path { return c.paths }

// Holds says whether the condition holds for the values of its fields, as Value gives them. It returns an error if they
// cannot be compared, ErrBudget if that takes more than Budget steps, and the cause of ctx when ctx ends.
func (c *Condition) Holds(ctx context.Context, values []any) (bool, error) {
	m, ok := c.spare.Get().(*machine)
	if !ok {
		m = &machine{}
		m.fields = m.budget.functions()
	}
	m.budget.start(ctx)
	defer c.spare.Put(m)
	for i, name := range c.names {
		m.fields[name] = values[i]
	}
	result, err := m.vm.Run(c.program, m.fields)
	switch {
	case m.budget.err != nil:
		return false, m.budget.err
	case err != nil:
		return false, failure(err)
	}
	holds, _ := result.(bool)
	return holds, nil
}

var (
	notWanted  = regexp.MustCompile(`^interface conversion: interface {} is (.*), not (.*)$`)
	notBoolean = regexp.MustCompile(`^invalid operation: bool\((.*)\)$`)
	goType     = regexp.MustCompile(`map\[string\]interface {}|\[\]interface {}|\b(?:int|float64|bool)\b`)
	jsonTypes  = map[string]string{
		"map[string]interface {}": "object", "[]interface {}": "list", "int": "number", "float64": "number", "bool": "boolean",
	}
)

// failure is an error of an evaluation in the words of this package.
func failure(err error) error {
	at, ok := errors.AsType[*file.Error](err)
	if !ok {
		return err
	}
	if at.Message == "memory budget exceeded" { // The library's own, for elements that are built.
		return ErrBudget
	}
	message := notWanted.ReplaceAllString(at.Message, "$1 stands where $2 is wanted")
	message = notBoolean.ReplaceAllString(message, "$1 stands where bool is wanted")
	return errors.New(goType.ReplaceAllStringFunc(message, func(name string) string { return jsonTypes[name] }))
}
