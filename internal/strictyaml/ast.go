package strictyaml

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// nodeScalar returns the scalar of a node as the file has it, before ${} is replaced.
func nodeScalar(node ast.Node) (Scalar, bool) {
	s := Scalar{pos: nodePos(node)}
	switch n := node.(type) {
	case nil, *ast.NullNode:
		s.kind = kindNull
	case *ast.StringNode:
		s.text = n.Value
		s.quoted = n.Token.Type == token.DoubleQuoteType || n.Token.Type == token.SingleQuoteType
		s.verbatim = !strings.Contains(s.text, "\n") && strings.Contains(n.Token.Origin, s.text)
	case *ast.LiteralNode:
		s.text = n.Value.Value
	case *ast.BoolNode:
		s.kind, s.text = kindBoolean, n.Token.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		s.kind, s.text = kindNumber, node.GetToken().Value
	default:
		return Scalar{}, false
	}
	s.written = s.text
	return s, true
}

// entries returns the keys and values of a mapping, in the order of the file.
func entries(node ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

// keyText returns a mapping's key, and false for a key that is not text.
func keyText(key ast.MapKeyNode) (string, bool) {
	if s, ok := key.(*ast.StringNode); ok {
		return s.Value, true
	}
	return "", false
}

// describe says what a node is, for an error.
func describe(node ast.Node) string {
	switch node.(type) {
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	}
	if s, ok := nodeScalar(node); ok {
		return s.String()
	}
	return fmt.Sprintf("a YAML %s", node.Type())
}

// nodePos returns where a node starts. A block mapping starts at its first key; its own token is the colon behind that.
func nodePos(node ast.Node) Position {
	switch n := node.(type) {
	case nil:
		return Position{1, 1}
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return nodePos(n.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return nodePos(n.Key)
	}
	return tokenPos(node.GetToken())
}
