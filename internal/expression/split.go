package expression

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"

	"github.com/loaderline/loaderline/internal/jsondoc"
)

// partRoot begins the roots of the paths that stand for parts.
const partRoot = "loaderline_part_"

// Split returns an equal expression in which paths with the roots of Part stand for the parts, and these parts: calls over some of the
// fields alone, which some reports. Parts can then be evaluated once for all values of the other fields. Without such parts,
// Split returns the expression itself. What is evaluated only under a condition is no part: it may fail where it is not wanted.
func (e *Expression) Split(some func(jsondoc.Path) bool) (whole *Expression, parts []*Expression) {
	tree, err := parser.Parse(e.text)
	if err != nil {
		return e, nil
	}
	fields := &fieldFinder{roots: e.allowed.Roots, types: e.allowed.Types, found: map[string]jsondoc.Path{}}
	ast.Walk(&tree.Node, fields)
	s := &splitter{fields: fields.found, some: some}
	s.visit(&tree.Node)
	if len(s.parts) == 0 {
		return e, nil
	}
	names := e.allowed
	for i, text := range s.parts {
		part, err := Parse(text, e.allowed)
		if err != nil {
			return e, nil
		}
		parts = append(parts, part)
		names.Roots = append(slices.Clip(names.Roots), Part(i))
	}
	whole, err = parse(tree.Node.String(), names, e.more...)
	if err != nil {
		return e, nil
	}
	return whole, parts
}

// Part returns the root that stands for a part of Split.
func Part(i int) string { return fmt.Sprintf("%s%d", partRoot, i) }

// splitter finds the parts of an expression.
type splitter struct {
	fields map[string]jsondoc.Path
	some   func(jsondoc.Path) bool
	parts  []string
}

// visit replaces the parts in a tree. It visits only what is always evaluated.
func (s *splitter) visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.BuiltinNode:
		if s.isPart(*node) {
			text := (*node).String()
			i := slices.Index(s.parts, text)
			if i < 0 {
				i = len(s.parts)
				s.parts = append(s.parts, text)
			}
			*node = &ast.IdentifierNode{Value: Part(i)}
			return
		}
		for i := range n.Arguments {
			s.visit(&n.Arguments[i])
		}
	case *ast.UnaryNode:
		s.visit(&n.Node)
	case *ast.BinaryNode:
		s.visit(&n.Left)
		if !slices.Contains([]string{"&&", "||", "and", "or", "??"}, n.Operator) {
			s.visit(&n.Right)
		}
	case *ast.ConditionalNode:
		s.visit(&n.Cond)
	}
}

// isPart reports whether a tree looks at fields that some reports, and at nothing else.
func (s *splitter) isPart(node ast.Node) bool {
	f := &nameFinder{names: map[string]bool{}}
	ast.Walk(&node, f)
	looks := false
	for name := range f.names {
		path, isField := s.fields[name]
		if !isField && !strings.HasPrefix(name, "$") || isField && !s.some(path) {
			return false
		}
		looks = looks || isField
	}
	return looks
}
