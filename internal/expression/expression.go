// Package expression compiles and evaluates the expressions of a pipeline file: the conditions of stages, the parts of keys, and
// the computed fields of outputs. They are over fields of an event, of its Kafka record and of stages' results, such as
// `event.type == "order" && user.tier in ["gold", "platinum"]`.
//
// The language is Expr's (expr-lang.org), with three changes, so that every expression has a result for every event that
// can be compared at all. A field that is absent is null, and null spreads: what is made of it is null, compared with it
// false, and taken for a boolean false. Numbers are exact: one that neither 64 bits nor a float hold is refused. A sum,
// difference or product of whole numbers with more than 64 bits is an error, and does not wrap around.
package expression

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"

	"github.com/loaderline/loaderline/internal/jsondoc"
)

// Expression is a compiled expression. It is safe for concurrent use.
type Expression struct {
	paths   []jsondoc.Path
	names   []string // of the paths, in the program
	times   []bool   // by path: the field is a time
	lengths []bool   // by path: only the length of the field is asked for
	kind    Type
	text    string
	allowed Names
	more    []expr.Option
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

// Names are the names that an expression may use.
type Names struct {
	// Roots are what fields begin with.
	Roots []string
	// Types are the types of fields that are never null, by their paths. Other fields have any type, and may be null.
	Types map[string]Type
}

// ParseCondition compiles an expression whose result is a boolean. Its errors are *Error.
func ParseCondition(text string, names Names) (*Expression, error) {
	return parse(text, names, expr.AsBool())
}

// Parse compiles an expression whose result is a JSON value. Its errors are *Error.
func Parse(text string, names Names) (*Expression, error) {
	e, err := parse(text, names)
	if err != nil {
		return nil, err
	}
	if e.kind == other {
		return nil, &Error{Line: 1, Column: 1, Reason: "the result is no JSON value; a duration has a number in .Seconds() or .Milliseconds()"}
	}
	return e, nil
}

func parse(text string, names Names, more ...expr.Option) (*Expression, error) {
	tree, err := parser.Parse(text)
	if err != nil {
		return nil, wrong(err, names.Roots)
	}
	fields := &fieldFinder{roots: names.Roots, types: names.Types, found: map[string]jsondoc.Path{}}
	ast.Walk(&tree.Node, fields)
	if fields.problem != nil {
		return nil, wrong(fields.problem.Bind(tree.Source), names.Roots)
	}
	known := types.Map{nullName: types.Any}
	for _, root := range names.Roots {
		known[root] = types.Any
	}
	for name := range fields.found {
		known[name] = names.Types[name].nature()
	}
	options := slices.Concat(more, []expr.Option{expr.Env(known), expr.DisableBuiltin("now"), expr.Patch(fields)})
	// What may be null is of any type, so types are checked before.
	checked, err := expr.Compile(text, options...)
	if err != nil {
		return nil, wrong(err, names.Roots)
	}
	loops := &loopFinder{}
	ast.Walk(&tree.Node, loops)
	functionTypes(known)
	program, err := expr.Compile(text, append(options, expr.Patch(&nullable{}), expr.Patch(&meter{loops: loops.found}), expr.Patch(exact{}))...)
	if err != nil {
		return nil, wrong(err, names.Roots)
	}
	lengths := lengthsOf(checked.Node())
	e := &Expression{text: text, allowed: names, more: more, program: program, kind: typeOf(checked.Node().Type())}
	used := &nameFinder{names: map[string]bool{}}
	root := program.Node()
	ast.Walk(&root, used)
	for _, name := range slices.Sorted(maps.Keys(fields.found)) {
		if used.names[name] {
			e.names, e.paths, e.times = append(e.names, name), append(e.paths, fields.found[name]), append(e.times, names.Types[name] == Time)
			e.lengths = append(e.lengths, lengths[name])
		}
	}
	return e, nil
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
	if e.Reason == "unexpected token EOF" {
		e.Reason = "the expression ends too early; its last value or a closing bracket is missing"
	}
	if strings.HasPrefix(e.Reason, "unknown name") {
		e.Reason += "; a field begins with " + strings.Join(roots, " or ")
	}
	if kind, ok := strings.CutPrefix(e.Reason, "expected bool, but got "); ok {
		e.Reason = "the condition is not a boolean but has type " + kind + "; compare it with something"
	}
	return e
}

// Paths are the fields that the expression looks at, in the order of Eval and Holds.
func (e *Expression) Paths() []jsondoc.Path { return e.paths }

// Values returns the values of the fields for Eval and Holds. raw returns the JSON of a field by the number of its path. A list whose length
// alone is asked for comes without its elements. An error of raw is returned as it is; any other names the path.
func (e *Expression) Values(raw func(i int) ([]byte, error)) ([]any, error) {
	values := make([]any, len(e.paths))
	for i := range e.paths {
		json, err := raw(i)
		if err != nil {
			return nil, err
		}
		parse := Value
		if e.lengths[i] {
			parse = Length
		}
		if values[i], err = parse(json); err != nil {
			return nil, fmt.Errorf("%s: %w", e.paths[i], err)
		}
	}
	return values, nil
}

// Type returns what is known of the result.
func (e *Expression) Type() Type { return e.kind }

// Holds reports whether a condition holds for the values of its fields. Its errors are those of Eval.
func (e *Expression) Holds(ctx context.Context, values []any) (bool, error) {
	result, err := e.Eval(ctx, values)
	holds, _ := result.(bool)
	return holds, err
}

// Eval returns the result for the values of the fields, as Value makes them. It returns an error if they cannot be compared or
// combined, ErrBudget if that takes more than Budget steps, and the cause of ctx when ctx ends.
func (e *Expression) Eval(ctx context.Context, values []any) (any, error) {
	m, ok := e.spare.Get().(*machine)
	if !ok {
		m = &machine{}
		m.fields = m.budget.functions()
	}
	m.budget.start(ctx)
	defer e.spare.Put(m)
	for i, name := range e.names {
		m.fields[name] = values[i]
		if text, is := values[i].(string); is && e.times[i] {
			at, err := time.Parse(time.RFC3339Nano, text)
			if err != nil {
				return nil, err
			}
			m.fields[name] = at
		}
	}
	result, err := m.vm.Run(e.program, m.fields)
	switch {
	case m.budget.err != nil:
		return nil, m.budget.err
	case err != nil:
		return nil, failure(err)
	}
	return result, nil
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
