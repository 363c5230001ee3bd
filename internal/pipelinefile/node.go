package pipelinefile

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// scalar is a value that is not a list or a mapping.
type scalar struct {
	pos  Pos
	text string
	// written is the scalar as the file has it, before ${} was replaced.
	written string
	kind    scalarKind
	// replaced is whether ${} was: then the text is read as the key's type,
	// and errors show what is written.
	replaced bool
	// unset is whether Options.Unset stands in the text, which then is not what
	// the value will be.
	unset bool
	// quoted is whether the scalar stands in quotes.
	quoted bool
	// verbatim is whether the text stands in one line of the file as it is.
	verbatim bool
}

// opening is the number of characters before the text.
func (s scalar) opening() int {
	if s.quoted {
		return 1
	}
	return 0
}

type scalarKind int

const (
	kindString scalarKind = iota
	kindNumber
	kindBoolean
	kindNull
)

// shown describes the scalar for an error, without what ${} stands for.
func (s scalar) shown() string {
	switch {
	case s.replaced:
		return "the value of " + cut(s.written)
	case s.kind == kindNull:
		return "nothing"
	case s.kind == kindString:
		return quoted(s.written)
	}
	return cut(s.written)
}

// nodeScalar returns the scalar of a node, before ${} is replaced.
func nodeScalar(node ast.Node) (scalar, bool) {
	s := scalar{pos: nodePos(node)}
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
		return scalar{}, false
	}
	s.written = s.text
	return s, true
}

// entries returns the keys and values of a mapping in the order of the file.
func entries(node ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

// keyText returns a mapping's key, and false for one that is not text.
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
		return s.shown()
	}
	return fmt.Sprintf("a YAML %s", node.Type())
}

// nodePos returns where a node starts. A block mapping starts at its first key:
// its token is the colon after it.
func nodePos(node ast.Node) Pos {
	switch n := node.(type) {
	case nil:
		return Pos{1, 1}
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return nodePos(n.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return nodePos(n.Key)
	}
	return tokenPos(node.GetToken())
}
