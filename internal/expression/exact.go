package expression

import (
	"errors"
	"math/bits"
	"reflect"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm/runtime"
)

// errOverflow is the error for a whole number that does not fit.
var errOverflow = errors.New("the result of a calculation has more than 64 bits")

// exact makes sums, differences and products of whole numbers check that they fit. Expr's own wrap around.
type exact struct{}

// Visit comes to the operands of an operation before the operation.
func (exact) Visit(node *ast.Node) {
	n, ok := (*node).(*ast.BinaryNode)
	if !ok || isConstant(n.Left) && isConstant(n.Right) || !mayBeWhole(n.Left) || !mayBeWhole(n.Right) {
		return
	}
	switch n.Operator {
	case "+":
		ast.Patch(node, call(addName, n.Left, n.Right))
	case "-":
		ast.Patch(node, call(subName, n.Left, n.Right))
	case "*":
		ast.Patch(node, call(mulName, n.Left, n.Right))
	}
}

// mayBeWhole reports whether a node may be a whole number.
func mayBeWhole(node ast.Node) bool {
	t := node.Type()
	return t == nil || t.Kind() == reflect.Interface || t.Kind() == reflect.Int
}

func add(a, b any) any {
	x, y, whole := wholes(a, b)
	if !whole {
		return runtime.Add(a, b)
	}
	sum := x + y
	if (sum > x) != (y > 0) {
		panic(errOverflow)
	}
	return sum
}

func subtract(a, b any) any {
	x, y, whole := wholes(a, b)
	if !whole {
		return runtime.Subtract(a, b)
	}
	difference := x - y
	if (difference < x) != (y > 0) {
		panic(errOverflow)
	}
	return difference
}

func multiply(a, b any) any {
	x, y, whole := wholes(a, b)
	if !whole {
		return runtime.Multiply(a, b)
	}
	high, low := bits.Mul64(magnitude(x), magnitude(y))
	product := x * y
	if high != 0 || low != magnitude(product) || product != 0 && (product < 0) != ((x < 0) != (y < 0)) {
		panic(errOverflow)
	}
	return product
}

func wholes(a, b any) (x, y int, ok bool) {
	x, isInt := a.(int)
	y, ok = b.(int)
	return x, y, isInt && ok
}

// magnitude is the absolute value, which has 64 bits for the smallest number.
func magnitude(n int) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}
