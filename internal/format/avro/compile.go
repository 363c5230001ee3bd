package avro

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/twmb/avro"

	"github.com/loaderline/loaderline/internal/format"
)

// compiler makes nodes from the library's tree.
type compiler struct {
	named map[string]*node
}

func newNodes(root *avro.SchemaNode) (*node, error) {
	c := compiler{named: map[string]*node{}}
	return c.node(root, "")
}

// kinds are the types that have no name of their own. An error is a record.
var kinds = map[string]kind{
	"null": kindNull, "boolean": kindBoolean, "int": kindInt, "long": kindLong, "float": kindFloat, "double": kindDouble,
	"string": kindString, "bytes": kindBytes, "fixed": kindFixed, "enum": kindEnum, "array": kindArray, "map": kindMap,
	"record": kindRecord, "error": kindRecord, "union": kindUnion,
}

// node makes the node of a type that stands within a namespace.
func (c *compiler) node(from *avro.SchemaNode, namespace string) (*node, error) {
	kind, ok := kinds[from.Type]
	if !ok {
		return c.reference(from.Type, namespace)
	}
	n := &node{kind: kind, null: -1}
	if kind == kindRecord || kind == kindEnum || kind == kindFixed {
		n.name = fullName(from.Name, from.Namespace)
		namespace = namespaceOf(n.name)
		c.named[n.name] = n
	}
	n.setLogical(from)
	if err := c.inner(n, from, namespace); err != nil {
		return nil, err
	}
	n.least = n.leastBytes()
	return n, nil
}

func (c *compiler) reference(name, namespace string) (*node, error) {
	if n, ok := c.named[fullName(name, namespace)]; ok {
		return n, nil
	}
	if n, ok := c.named[name]; ok {
		return n, nil
	}
	return nil, fmt.Errorf("the type %s is not defined", name)
}

func fullName(name, namespace string) string {
	if namespace == "" || strings.Contains(name, ".") {
		return name
	}
	return namespace + "." + name
}

func namespaceOf(fullName string) string {
	return fullName[:max(0, strings.LastIndexByte(fullName, '.'))]
}

// inner makes what is within a type.
func (c *compiler) inner(n *node, from *avro.SchemaNode, namespace string) (err error) {
	switch n.kind {
	case kindFixed:
		n.size = from.Size
	case kindEnum:
		n.symbols = from.Symbols
		for _, symbol := range from.Symbols {
			n.quoted = append(n.quoted, quote(symbol))
		}
	case kindArray:
		n.item, err = c.node(from.Items, namespace)
	case kindMap:
		n.item, err = c.node(from.Values, namespace)
	case kindRecord:
		err = c.fields(n, from.Fields, namespace)
	case kindUnion:
		err = c.branches(n, from.Branches, namespace)
	default: // It has nothing within.
	}
	return err
}

func (c *compiler) branches(n *node, from []avro.SchemaNode, namespace string) error {
	for i := range from {
		branch, err := c.node(&from[i], namespace)
		if err != nil {
			return err
		}
		if branch.kind == kindNull {
			n.null = i
		}
		n.union = append(n.union, branch)
	}
	n.candidates = newCandidates(n.union)
	return nil
}

func (c *compiler) fields(n *node, from []avro.SchemaField, namespace string) error {
	n.fields = make([]field, len(from))
	if len(from) > fewFields {
		n.index = make(map[string]int, len(from))
	}
	opening := "{"
	for i := range from {
		inner, err := c.node(&from[i].Type, namespace)
		if err != nil {
			return err
		}
		f := field{name: from[i].Name, opening: opening + quote(from[i].Name) + ":", node: inner}
		if err := f.setAbsent(&from[i]); err != nil {
			return err
		}
		if n.index != nil {
			n.index[f.name] = i
		}
		n.fields[i] = f
		opening = ","
	}
	return nil
}

// setAbsent sets what a missing member stands for: the field's default, or null.
func (f *field) setAbsent(from *avro.SchemaField) error {
	switch {
	case from.HasDefault && from.Default != nil:
		schema, err := from.Type.Schema(names)
		if err == nil {
			f.absent, err = schema.Encode(from.Default)
		}
		if err != nil {
			return fmt.Errorf("the default of the field %s: %w", f.name, err)
		}
		f.optional = true
	case f.node.kind == kindNull:
		f.optional = true
	case f.node.kind == kindUnion && f.node.null >= 0:
		f.absent = binary.AppendVarint(nil, int64(f.node.null))
		f.optional = true
	}
	return nil
}

func quote(text string) string {
	quoted, ok := format.AppendString(nil, []byte(text))
	if !ok {
		quoted, _ = format.AppendString(nil, []byte(strings.ToValidUTF8(text, "\ufffd")))
	}
	return string(quoted)
}

// mostLeast is where sums of least bytes end: no body is as long.
const mostLeast = 1 << 30

// leastBytes is at most what a value of a type has in bytes. A type within itself counts nothing, which is less than it has.
func (n *node) leastBytes() int {
	switch n.kind {
	case kindNull:
		return 0
	case kindFloat:
		return 4
	case kindDouble:
		return 8
	case kindFixed:
		return min(n.size, mostLeast)
	case kindRecord:
		sum := 0
		for i := range n.fields {
			sum = min(sum+n.fields[i].node.least, mostLeast)
		}
		return sum
	case kindUnion:
		least := mostLeast
		for _, branch := range n.union {
			least = min(least, branch.least)
		}
		return min(1+least, mostLeast)
	default:
		return 1
	}
}
