package expression

import (
	"reflect"
	"strconv"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/types"
)

// The names of the budget's functions in a program. No expression can use them: it is first compiled without them.
const (
	stepName    = "$step"
	valueName   = "$value"
	textName    = "$text"
	listName    = "$list"
	timesName   = "$times"
	matchesName = "$matches"
	addName     = "$add"
	subName     = "$subtract"
	mulName     = "$multiply"
)

// functions are the budget's functions as fields of a program.
func (b *budget) functions() map[string]any {
	return map[string]any{
		stepName: b.step, valueName: b.value, textName: b.text, listName: b.list, timesName: b.times, matchesName: b.matches,
		addName: add, subName: subtract, mulName: multiply,
	}
}

func functionTypes(known types.Map) {
	for name, function := range (&budget{}).functions() {
		known[name] = types.TypeOf(function)
	}
}

// loopFinder finds out whether an expression has a loop or a variable. A variable may hold a value that is built again and
// again. An expression without either does each operation once.
type loopFinder struct{ found bool }

// Visit takes a node.
func (f *loopFinder) Visit(node *ast.Node) {
	switch (*node).(type) {
	case *ast.PredicateNode, *ast.VariableDeclaratorNode:
		f.found = true
	}
}

// meter makes a program count its steps: each element of a loop, and each operation that takes longer for more data.
// Without a loop it counts only operations that build something larger, or may take longer than reading the data.
type meter struct {
	loops     bool
	variables int
}

// Visit comes to the operands of an operation before the operation.
func (m *meter) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.PredicateNode:
		n.Node = &ast.VariableDeclaratorNode{Name: m.variable(), Value: call(stepName), Expr: n.Node}
	case *ast.BinaryNode:
		m.binary(node, n)
	case *ast.SliceNode:
		if m.loops {
			wrap(&n.Node, textName)
		}
	case *ast.BuiltinNode:
		m.builtin(node, n)
	}
}

func (m *meter) variable() string {
	m.variables++
	return "$m" + strconv.Itoa(m.variables)
}

func (m *meter) binary(node *ast.Node, n *ast.BinaryNode) {
	switch n.Operator {
	case "+":
		if !isNumber(n.Left) && !isNumber(n.Right) {
			wrap(node, valueName) // It may be a text.
		}
	case "matches":
		m.matches(node, n)
	case "in":
		if m.loops {
			wrap(&n.Right, listName)
		}
	case "==", "!=":
		if m.loops && !isConstant(n.Left) && !isConstant(n.Right) {
			wrap(&n.Left, valueName)
		}
	case "<", "<=", ">", ">=":
		if m.loops && !isConstant(n.Left) && !isConstant(n.Right) {
			wrap(&n.Left, textName)
		}
	case "contains", "startsWith", "endsWith":
		if m.loops {
			wrap(&n.Left, textName)
		}
	}
}

func (m *meter) matches(node *ast.Node, n *ast.BinaryNode) {
	pattern, known := n.Right.(*ast.StringNode)
	if !known {
		ast.Patch(node, call(matchesName, n.Left, n.Right))
		return
	}
	if size, err := patternSize(pattern.Value); err == nil { // Else the compiler says what is wrong.
		n.Left = call(timesName, n.Left, &ast.IntegerNode{Value: size})
	}
}

// builtin counts the arguments of a function. It assumes that an unknown function reads all of them.
func (m *meter) builtin(node *ast.Node, n *ast.BuiltinNode) {
	if len(n.Arguments) == 0 || n.Name == "get" || n.Name == "type" {
		return
	}
	first := &n.Arguments[0]
	switch n.Name {
	case "repeat", "join":
		m.by(node, n, 1)
	case "replace":
		m.by(node, n, 2)
	case "uniq":
		m.by(node, n, 0)
	case "split", "splitAfter", "fromJSON": // They make elements of bytes.
		*first = call(timesName, *first, &ast.IntegerNode{Value: textStep})
	case "sort", "sortBy", "median":
		*first = call(timesName, *first, &ast.IntegerNode{Value: 8})
	case "flatten", "concat", "reverse", "keys", "values", "toPairs", "fromPairs", "toJSON", "string", "toBase64", "fromBase64", "upper", "lower":
		m.arguments(n, valueName)
	case "all", "any", "none", "one", "filter", "map", "find", "findIndex", "findLast", "findLastIndex", "groupBy", "reduce":
		// Each element is a step.
	case "len", "first", "last", "take", "abs", "ceil", "floor", "round", "int", "float":
		if m.loops {
			m.arguments(n, textName)
		}
	default:
		if m.loops {
			m.arguments(n, valueName)
		}
	}
}

// arguments counts all arguments of a function by one of the budget's.
func (m *meter) arguments(n *ast.BuiltinNode, name string) {
	for i := range n.Arguments {
		wrap(&n.Arguments[i], name)
	}
}

// by counts the first argument of a function as often as another one says, which is evaluated once.
func (m *meter) by(node *ast.Node, n *ast.BuiltinNode, other int) {
	if other >= len(n.Arguments) {
		wrap(&n.Arguments[0], valueName)
		return
	}
	name := m.variable()
	value := n.Arguments[other]
	n.Arguments[other] = &ast.IdentifierNode{Value: name}
	n.Arguments[0] = call(timesName, n.Arguments[0], &ast.IdentifierNode{Value: name})
	ast.Patch(node, &ast.VariableDeclaratorNode{Name: name, Value: value, Expr: n})
}

// wrap puts a function around a node, unless the node is a constant or a predicate.
func wrap(node *ast.Node, name string) {
	if _, isPredicate := (*node).(*ast.PredicateNode); isPredicate || isConstant(*node) {
		return
	}
	ast.Patch(node, call(name, *node))
}

func call(name string, arguments ...ast.Node) ast.Node {
	return &ast.CallNode{Callee: &ast.IdentifierNode{Value: name}, Arguments: arguments}
}

func isConstant(node ast.Node) bool {
	switch n := node.(type) {
	case *ast.NilNode, *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode, *ast.StringNode, *ast.ConstantNode:
		return true
	case *ast.ArrayNode:
		for _, e := range n.Nodes {
			if !isConstant(e) {
				return false
			}
		}
		return true
	}
	return false
}

func isNumber(node ast.Node) bool {
	switch node.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		return true
	}
	t := node.Type()
	return t != nil && (t.Kind() == reflect.Int || t.Kind() == reflect.Float64)
}
