package strictyaml

import (
	"errors"
	"reflect"

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
	d.positions[at.key] = at.pos
	value, err := Node{file: d.file, key: at.key, node: node, interpolate: func(key string, s Scalar) string {
		s, _ = d.substitute(k, key, s)
		return s.text
	}}.JSON()
	if problem, ok := errors.AsType[*Error](err); ok {
		d.problems = append(d.problems, problem)
		return
	}
	into.SetBytes(value)
}
