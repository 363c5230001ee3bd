package jsondoc

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// element reads a value that has one entry for each of the values and points it owns, absent where nothing was found.
func (c *scan) element(n *node) error {
	base := len(c.counted)
	for _, v := range n.ownValues {
		c.counted = append(c.counted, len(c.out.Values[v]))
	}
	for _, p := range n.ownPoints {
		c.counted = append(c.counted, len(c.out.Points[p]))
	}
	err := c.value(n)
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
func (c *scan) value(n *node) error {
	kind := c.decoder.PeekKind()
	if kind != 'n' && (n.each != nil && kind != '[' || n.members != nil && kind != '{') {
		n.mismatch(c.out, kind)
	}
	descend := kind == '{' && (n.members != nil || n.points != nil) || kind == '[' && n.each != nil
	if !descend {
		raw, err := c.decoder.ReadValue()
		if err != nil {
			return err
		}
		c.found(n, len(raw))
		return nil
	}
	if _, err := c.decoder.ReadToken(); err != nil {
		return err
	}
	from := c.decoder.InputOffset() - 1
	var err error
	if kind == '{' {
		err = c.members(n)
	} else {
		err = c.elements(n)
	}
	if err != nil {
		return err
	}
	if _, err = c.decoder.ReadToken(); err != nil {
		return err
	}
	c.found(n, int(c.decoder.InputOffset()-from))
	if kind == '{' {
		for _, p := range n.points {
			c.out.Points[p] = append(c.out.Points[p], int32(c.decoder.InputOffset()-1))
		}
	}
	return nil
}

// found notes the value that was read last for the paths that end at a node.
func (c *scan) found(n *node, size int) {
	to := int32(c.decoder.InputOffset())
	for _, v := range n.values {
		c.out.Values[v] = append(c.out.Values[v], Value{From: to - int32(size), To: to, Kind: Found})
	}
}

func (c *scan) members(n *node) error {
	for c.decoder.PeekKind() == '"' {
		name, err := c.decoder.ReadValue()
		if err != nil {
			return err
		}
		member := n.member(name)
		if member == nil {
			err = c.decoder.SkipValue()
		} else {
			err = c.value(member)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *scan) elements(n *node) error {
	for {
		if kind := c.decoder.PeekKind(); kind == ']' || kind == jsontext.KindInvalid {
			return nil
		}
		if err := c.element(n.each); err != nil {
			return err
		}
	}
}

// member is the node that a name leads to, given as it stands in the document.
func (n *node) member(quoted jsontext.Value) *node {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return n.members[string(quoted[1:len(quoted)-1])]
	}
	name, err := jsontext.AppendUnquote(nil, quoted)
	if err != nil {
		return nil
	}
	return n.members[string(name)]
}

// mismatch marks the values below a node that its value cannot hold: a string has no members. Those below a
// [] have no entries at all where the list is no list, so they get one.
func (n *node) mismatch(out *Result, kind jsontext.Kind) {
	if kind != '{' {
		for _, m := range n.members {
			m.mark(out)
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
		m.mark(out)
	}
	if n.each != nil {
		n.each.mark(out)
	}
}
