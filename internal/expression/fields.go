package expression

import (
	"math"
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"

	"github.com/loaderline/loaderline/internal/jsondoc"
)

// fieldFinder makes one name of each chain of members that begins with a root, as event.user.tier, so that only these
// fields are read from a document.
type fieldFinder struct {
	roots   []string
	types   map[string]Type
	found   map[string]jsondoc.Path // by name, those on the way to others too
	problem *file.Error
}

// Visit comes to the inner members of a chain before the outer ones.
func (f *fieldFinder) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		switch n.Value {
		case "null":
			ast.Patch(node, &ast.NilNode{})
		case "$env":
			f.fail(n, "unknown name $env")
		default:
			if slices.Contains(f.roots, n.Value) {
				f.found[n.Value] = jsondoc.Path{Root: n.Value}
			}
		}
	case *ast.MemberNode:
		of, isName := n.Node.(*ast.IdentifierNode)
		member, isText := n.Property.(*ast.StringNode)
		if !isName || !isText {
			return
		}
		path, ok := f.found[of.Value]
		if _, scalar := f.types[of.Value]; !ok || scalar {
			return
		}
		path.Steps = append(slices.Clip(path.Steps), jsondoc.Step{Name: member.Value})
		name := path.String()
		f.found[name] = path
		ast.Patch(node, &ast.IdentifierNode{Value: name})
	case *ast.FloatNode:
		if math.Abs(n.Value) >= 1<<53 {
			f.fail(n, "the number is too large for an exact fraction; write a whole number, without a point")
		}
	}
}

func (f *fieldFinder) fail(at ast.Node, reason string) {
	if f.problem == nil {
		f.problem = &file.Error{Location: at.Location(), Message: reason}
	}
}

// nameFinder collects the names that an expression uses.
type nameFinder struct{ names map[string]bool }

// Visit takes a name.
func (f *nameFinder) Visit(node *ast.Node) {
	if n, ok := (*node).(*ast.IdentifierNode); ok {
		f.names[n.Value] = true
	}
}

// lengthsOf returns the names of the fields of which an expression asks for nothing but their length.
func lengthsOf(root ast.Node) map[string]bool {
	all, inLen := &counter{}, &counter{only: true}
	ast.Walk(&root, all)
	ast.Walk(&root, inLen)
	lengths := map[string]bool{}
	for name, n := range inLen.names {
		lengths[name] = n == all.names[name]
	}
	return lengths
}

// counter counts how often an expression uses each name, or only how often as the argument of len.
type counter struct {
	only  bool
	names map[string]int
}

// Visit takes a node.
func (c *counter) Visit(node *ast.Node) {
	if c.names == nil {
		c.names = map[string]int{}
	}
	at := *node
	if c.only {
		call, ok := at.(*ast.BuiltinNode)
		if !ok || call.Name != "len" || len(call.Arguments) != 1 {
			return
		}
		at = call.Arguments[0]
	}
	if n, ok := at.(*ast.IdentifierNode); ok {
		c.names[n.Value]++
	}
}
