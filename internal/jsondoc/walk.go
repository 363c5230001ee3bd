package jsondoc

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// element reads a value that has one entry for each of the values and points it owns, absent where nothing was found.
func (c *scan) element(from reader, n *node) error {
	base := len(c.counted)
	for _, v := range n.ownValues {
		c.counted = append(c.counted, len(c.out.Values[v]))
	}
	for _, p := range n.ownPoints {
		c.counted = append(c.counted, len(c.out.Points[p]))
	}
	err := c.value(from, n)
	before := c.counted[base:]
	for i, v := range n.ownValues {
		if len(c.out.Values[v]) == before[i] {
			c.out.Values[v] = append(c.out.Values[v], Value{})
		}
	}
	before = before[len(n.ownValues):]
	for i, p := range n.ownPoints {
		if len(c.out.Points[p]) == before[i] {
			c.out.Points[p] = append(c.out.Points[p], NoPoint)
		}
	}
	c.counted = c.counted[:base]
	return err
}

// value reads the value at a node.
func (c *scan) value(from reader, n *node) error {
	kind := from.kind()
	if kind != 'n' && (n.each != nil && kind != '[' || n.members != nil && kind != '{') {
		n.mismatch(c.out, kind)
	}
	descend := kind == '{' && (n.members != nil || n.points != nil) || kind == '[' && n.each != nil
	if !descend {
		at, err := from.value()
		if err != nil {
			return err
		}
		c.found(n, at, from.offset())
		return nil
	}
	if err := from.open(); err != nil {
		return err
	}
	at := from.offset() - 1
	var err error
	if kind == '{' {
		err = c.members(from, n)
	} else {
		err = c.elements(from, n)
	}
	if err != nil {
		return err
	}
	if err := from.close(); err != nil {
		return err
	}
	to := from.offset()
	c.found(n, at, to)
	if kind == '{' {
		for _, p := range n.points {
			c.out.Points[p] = append(c.out.Points[p], int32(to-1))
		}
	}
	return nil
}

// found notes a value for the paths that end at a node.
func (c *scan) found(n *node, at, to int) {
	for _, v := range n.values {
		c.out.Values[v] = append(c.out.Values[v], Value{From: int32(at), To: int32(to), Kind: Found})
	}
}

func (c *scan) members(from reader, n *node) error {
	for from.kind() == '"' {
		name, err := from.name()
		if err != nil {
			return err
		}
		if member := n.member(name); member != nil {
			err = c.value(from, member)
		} else {
			_, err = from.value()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *scan) elements(from reader, n *node) error {
	for {
		if kind := from.kind(); kind == ']' || kind == jsontext.KindInvalid {
			return nil
		}
		if err := c.element(from, n.each); err != nil {
			return err
		}
	}
}

// member is the node that a name leads to. The name is as the document has it.
func (n *node) member(quoted []byte) *node {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return n.named(quoted[1 : len(quoted)-1])
	}
	name, err := jsontext.AppendUnquote(nil, quoted)
	if err != nil {
		return nil
	}
	return n.named(name)
}

// named is the member of a name. A node has few: only members that paths name.
func (n *node) named(name []byte) *node {
	for i := range n.members {
		if n.members[i].name == string(name) {
			return n.members[i].node
		}
	}
	return nil
}

// mismatch marks the values below a node that its value cannot hold: a string has no members. Those below a
// [] have no entries at all where the list is no list, so they get one.
func (n *node) mismatch(out *Result, kind jsontext.Kind) {
	if kind != '{' {
		for _, m := range n.members {
			m.node.mark(out)
		}
	}
	if kind != '[' && n.each != nil {
		n.each.mark(out)
	}
}

func (n *node) mark(out *Result) {
	for _, v := range n.values {
		out.Values[v] = append(out.Values[v], Value{Kind: Mismatch})
	}
	for _, p := range n.points {
		out.Points[p] = append(out.Points[p], NoPoint)
	}
	for _, m := range n.members {
		m.node.mark(out)
	}
	if n.each != nil {
		n.each.mark(out)
	}
}
