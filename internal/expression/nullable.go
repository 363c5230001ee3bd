package expression

import (
	"reflect"
	"slices"
	"strconv"

	"github.com/expr-lang/expr/ast"
)

// nullable makes null spread instead of ending an evaluation: each operation on what may be null becomes one that looks
// first.
type nullable struct{ variables int }

// Visit comes to the operands of an operation before the operation.
func (v *nullable) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.UnaryNode:
		if n.Operator == "!" || n.Operator == "not" {
			truth(&n.Node)
		} else {
			v.lift(node, unknownNull(), &n.Node)
		}
	case *ast.BinaryNode:
		switch n.Operator {
		case "&&", "||", "and", "or":
			truth(&n.Left)
			truth(&n.Right)
		case "<", "<=", ">", ">=", "contains", "startsWith", "endsWith", "matches":
			v.lift(node, &ast.BoolNode{}, &n.Left, &n.Right)
		case "+", "-", "*", "/", "%", "^", "**":
			v.lift(node, unknownNull(), &n.Left, &n.Right)
		}
	case *ast.ConditionalNode:
		truth(&n.Cond)
	case *ast.MemberNode:
		member(node, n)
	case *ast.SliceNode:
		v.lift(node, unknownNull(), &n.Node)
	case *ast.BuiltinNode:
		if choosing[n.Name] && len(n.Arguments) > 1 {
			truth(&n.Arguments[1].(*ast.PredicateNode).Node)
		}
		if n.Name != "type" && n.Name != "get" && len(n.Arguments) > 0 {
			v.lift(node, unknownNull(), &n.Arguments[0])
		}
	}
}

// member gets a member, null for what is not there. The members of a time are its methods.
func member(node *ast.Node, n *ast.MemberNode) {
	if mayBeNull(n.Node) || n.Node.Type().Kind() != reflect.Struct {
		ast.Patch(node, &ast.BuiltinNode{Name: "get", Arguments: []ast.Node{n.Node, n.Property}})
	}
}

// choosing are the functions whose predicate is a boolean.
var choosing = map[string]bool{
	"all": true, "any": true, "none": true, "one": true, "count": true, "filter": true, "find": true, "findIndex": true,
	"findLast": true, "findLastIndex": true,
}

// lift evaluates operands that may be null first, and the operation only where none is; otherwise stands for it there.
func (v *nullable) lift(node *ast.Node, otherwise ast.Node, operands ...*ast.Node) {
	type variable struct {
		name  string
		value ast.Node
	}
	var (
		lifted []variable
		isNull ast.Node
	)
	for _, operand := range operands {
		if !mayBeNull(*operand) {
			continue
		}
		v.variables++
		name := "$" + strconv.Itoa(v.variables)
		lifted = append(lifted, variable{name, *operand})
		*operand = &ast.IdentifierNode{Value: name}
		var one ast.Node = &ast.BinaryNode{Operator: "==", Left: &ast.IdentifierNode{Value: name}, Right: &ast.NilNode{}}
		if isNull != nil {
			one = &ast.BinaryNode{Operator: "||", Left: isNull, Right: one}
		}
		isNull = one
	}
	if isNull == nil {
		return
	}
	var result ast.Node = &ast.ConditionalNode{Cond: isNull, Exp1: otherwise, Exp2: *node}
	for _, l := range slices.Backward(lifted) {
		result = &ast.VariableDeclaratorNode{Name: l.name, Value: l.value, Expr: result}
	}
	ast.Patch(node, result)
}

// nullName is a field that is always null. Its type is not known, unlike that of nil, which would be left out of account
// for the type of what is null or something else.
const nullName = "$null"

func unknownNull() ast.Node { return &ast.IdentifierNode{Value: nullName} }

// truth takes null for false.
func truth(node *ast.Node) {
	if mayBeNull(*node) {
		*node = &ast.BinaryNode{Operator: "??", Left: *node, Right: &ast.BoolNode{}}
	}
}

// mayBeNull says that a node's type is not known: fields are of any.
func mayBeNull(node ast.Node) bool {
	switch node.(type) {
	case *ast.NilNode, *ast.PredicateNode:
		return false
	}
	t := node.Type()
	return t == nil || t.Kind() == reflect.Interface
}
