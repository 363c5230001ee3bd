package strictyaml

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// list decodes a list of strings, or one of the notations that may stand for a list.
func (d *decoder) list(k Key, at place, node ast.Node, into reflect.Value) {
	sequence, ok := node.(*ast.SequenceNode)
	if !ok {
		d.listFromScalar(k, at, node, into)
		return
	}
	d.positions[at.key] = nodePos(node)
	if len(sequence.Values) == 0 {
		d.Fail(at.key, "the list is empty; write at least one%s", k.orRemove())
		return
	}
	var items []string
	for i, value := range sequence.Values {
		key := fmt.Sprintf("%s[%d]", at.key, i)
		element := k
		element.Type, element.Required = TypeString, true
		s, ok := d.scalar(element, key, value)
		if !ok {
			continue
		}
		if problem := element.checkString(s); problem != "" {
			d.failAt(s.pos, key, "%s", problem)
			continue
		}
		d.scalars[key] = s
		items = append(items, s.text)
	}
	into.Set(reflect.ValueOf(items))
}

// integers decodes a list of whole numbers.
func (d *decoder) integers(k Key, at place, node ast.Node, into reflect.Value) {
	sequence, ok := node.(*ast.SequenceNode)
	if !ok {
		d.failAt(nodePos(node), at.key, "want %s, found %s", k.wants(), describe(node))
		return
	}
	d.positions[at.key] = nodePos(node)
	if len(sequence.Values) == 0 {
		d.Fail(at.key, "the list is empty; write at least one%s", k.orRemove())
		return
	}
	items := reflect.MakeSlice(into.Type(), 0, len(sequence.Values))
	element := k
	element.Type = TypeInteger
	for i, value := range sequence.Values {
		key := fmt.Sprintf("%s[%d]", at.key, i)
		item := reflect.New(into.Type().Elem()).Elem()
		if s, ok := d.scalar(element, key, value); ok {
			d.store(element, key, s, item)
			items = reflect.Append(items, item)
		}
	}
	into.Set(items)
}

// listFromScalar decodes one string, or several with commas between them.
func (d *decoder) listFromScalar(k Key, at place, node ast.Node, into reflect.Value) {
	s, ok := d.scalar(k, at.key, node)
	if !ok {
		return
	}
	if k.Type == TypeList {
		hint := ""
		if s.kind == kindString && !s.replaced {
			hint = fmt.Sprintf("; write [%s]", Excerpt(s.written))
		}
		d.failAt(s.pos, at.key, "%s", k.mismatch(s, hint))
		return
	}
	parts := []string{s.text}
	if k.Type == TypeListOrComma {
		parts = strings.Split(s.text, ",")
	}
	for i, part := range parts {
		element, one := k, s
		element.Type, element.Required, one.text = TypeString, true, strings.TrimSpace(part)
		if !s.replaced {
			one.written = one.text
		}
		if problem := element.checkString(one); problem != "" {
			d.failAt(s.pos, at.key, "%s", problem)
			return
		}
		parts[i] = one.text
	}
	d.scalars[at.key] = s
	into.Set(reflect.ValueOf(slices.Clip(parts)))
}
