package strictyaml

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/goccy/go-yaml/ast"
)

// document decodes a mapping of free form.
func (d *decoder) document(k Key, at place, node ast.Node, into reflect.Value) {
	pairs, ok := entries(node)
	switch {
	case !ok:
		d.failAt(nodePos(node), at.key, "want %s, found %s", k.wants(), describe(node))
		return
	case len(pairs) == 0:
		d.failAt(nodePos(node), at.key, "has no keys; write for example %s: %s%s", k.name(), k.Example, k.orRemove())
		return
	}
	d.place(at.key, node)
	if value, ok := d.freeForm(k, Node{file: d.file, key: at.key, node: node}); ok {
		into.SetBytes(value)
	}
}

// freeForm returns a value of free form as JSON, with ${} replaced. It reports whether there was no problem.
func (d *decoder) freeForm(k Key, n Node) (jsontext.Value, bool) {
	n.interpolate = func(key string, s Scalar) string {
		s, _ = d.substitute(k, key, s)
		return s.text
	}
	value, err := n.JSON()
	if problem, ok := errors.AsType[*Error](err); ok {
		d.problems = append(d.problems, problem)
		return nil, false
	}
	return value, true
}

// Row is one mapping of a TypeRows, as JSON and as it is in the file.
type Row struct {
	Node

	Value jsontext.Value
}

// rows decodes a list of mappings of free form.
func (d *decoder) rows(k Key, at place, node ast.Node, into reflect.Value) {
	list, ok := node.(*ast.SequenceNode)
	if !ok || len(list.Values) == 0 {
		d.failAt(nodePos(node), at.key, "want %s with at least one element; write for example %s: %s", k.wants(), k.name(), k.Example)
		return
	}
	d.positions[at.key] = nodePos(node)
	rows := make([]Row, 0, len(list.Values))
	for i, value := range list.Values {
		row := Row{Node: Node{file: d.file, key: fmt.Sprintf("%s[%d]", at.key, i), node: value}}
		if !row.IsMapping() {
			d.failAt(nodePos(value), row.key, "want a mapping, found %s", describe(value))
			continue
		}
		if row.Value, ok = d.freeForm(k, row.Node); ok {
			rows = append(rows, row)
		}
	}
	into.Set(reflect.ValueOf(rows))
}

// place notes where a value is, and what is in it.
func (d *decoder) place(key string, node ast.Node) {
	d.positions[key] = nodePos(node)
	if pairs, ok := entries(node); ok {
		for _, pair := range pairs {
			if name, ok := nodeScalar(pair.Key); ok {
				d.place(JoinKey(key, name.text), pair.Value)
			}
		}
	}
	if list, ok := node.(*ast.SequenceNode); ok {
		for i, item := range list.Values {
			d.place(fmt.Sprintf("%s[%d]", key, i), item)
		}
	}
}
