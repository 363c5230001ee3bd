package strictyaml

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"

	"github.com/goccy/go-yaml/ast"
)

// mapping decodes a mapping that has fixed keys.
func (d *decoder) mapping(p place, node ast.Node, into reflect.Value) {
	pairs, _ := entries(node)
	seen := make(map[string]Position)
	for _, pair := range pairs {
		name, ok := d.entry(p, pair, seen)
		if !ok {
			continue
		}
		at := p.at(name, nodePos(pair.Key))
		k, known := d.keys[at.path]
		switch {
		case !known || k.parent() != p.path || name == "*":
			if meant, ok := d.unknown(p, name, at.pos); ok {
				seen[meant] = at.pos // One mistake, one error: it is not missing too.
			}
		default:
			d.value(k, at, pair.Value, field(into, k))
		}
	}
	for _, k := range d.children[p.path] {
		if _, ok := seen[k.name()]; !ok && k.Required {
			d.missing(k, p.at(k.name(), p.pos), "", "")
		}
	}
}

// entry returns the name of a mapping's entry. It reports a name that is not text or that was seen before.
func (r *reader) entry(p place, pair *ast.MappingValueNode, seen map[string]Position) (string, bool) {
	pos := nodePos(pair.Key)
	name, ok := keyText(pair.Key)
	if !ok {
		found, quoting := Excerpt(pair.Key.GetToken().Value), ""
		if _, number := pair.Key.(*ast.IntegerNode); number {
			quoting = "; write " + strconv.Quote(found)
		}
		r.failAt(pos, p.key, "a key must be text, found %s%s", found, quoting)
		return "", false
	}
	if first, ok := seen[name]; ok {
		r.failAt(pos, JoinKey(p.key, name), "duplicate key, the first is in line %d; remove one of them", first.Line)
		return "", false
	}
	seen[name] = pos
	return name, true
}

// missing reports a required key that the file does not have. In place of a section it reports the section's required keys:
// open and end are the notation of the section around the key.
func (d *decoder) missing(k Key, at place, open, end string) {
	if k.Type != TypeSection {
		d.failAt(at.pos, at.key, "required, but missing; write for example %s%s: %s%s", open, k.name(), k.Example, end)
		return
	}
	for _, child := range d.required(k.Path) {
		d.missing(child, at.at(child.name(), at.pos), open+k.name()+": {", "}"+end)
	}
}

// subsection decodes a section, or true and false where they may stand for one.
func (d *decoder) subsection(k Key, at place, node ast.Node, into reflect.Value) {
	if _, ok := entries(node); !ok {
		s, isScalar := nodeScalar(node)
		if k.Type == TypeSwitch && isScalar {
			if s, isScalar = d.scalar(k, at.key, node); isScalar {
				d.flip(k, at.key, s, into)
			}
			return
		}
		switch {
		case isScalar && s.kind == kindNull && k.Required:
			d.missing(k, at, "", "")
		case isScalar && s.kind == kindNull:
			d.failAt(at.pos, at.key, "has no keys; want %s%s", d.contents(k.Path), k.orRemove())
		case isScalar && len(d.required(k.Path)) == 1:
			only := d.required(k.Path)[0]
			d.failAt(nodePos(node), at.key, "want %s, found %s; write for example %s: {%s: %s}", d.contents(k.Path), s.String(), k.name(), only.name(), only.Example)
		default:
			d.failAt(nodePos(node), at.key, "want %s, found %s", d.contents(k.Path), describe(node))
		}
		return
	}
	d.positions[at.key] = at.pos
	if k.Type == TypeSwitch {
		into.FieldByName("Enabled").SetBool(true)
	}
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		into = into.Elem()
		d.defaults(k.Path, into)
	}
	d.mapping(at, node, into)
}

// flip sets a TypeSwitch from true or false.
func (d *decoder) flip(k Key, key string, s Scalar, into reflect.Value) {
	if problem := k.setBoolean(into.FieldByName("Enabled"), s); problem != "" {
		d.failAt(s.pos, key, "%s", problem)
	}
}

// names decodes a mapping from names of the user's choice to sections.
func (d *decoder) names(k Key, p place, node ast.Node, into reflect.Value) {
	pairs, ok := entries(node)
	pattern := regexp.MustCompile(k.Pattern)
	if list, isList := node.(*ast.SequenceNode); isList && len(list.Values) > 0 {
		name := nameIn(list.Values[0], pattern)
		d.failAt(nodePos(node), p.key, "want a mapping, found a list; in place of \"- name: %s\" write \"%s:\", and what belongs to it indented below", name, name)
		return
	}
	if !ok || len(pairs) == 0 {
		d.failAt(nodePos(node), p.key, "at least one is needed; write for example %s: %s", k.name(), k.Example)
		return
	}
	element := d.keys[dotted(k.Path, "*")]
	seen := make(map[string]Position)
	for _, pair := range pairs {
		name, ok := d.entry(p, pair, seen)
		if !ok {
			continue
		}
		at := place{path: element.Path, key: dotted(p.key, name), pos: nodePos(pair.Key)}
		switch why := k.reserved(name); {
		case why != "":
			d.failAt(at.pos, at.key, "%s; choose another name", why)
		case !pattern.MatchString(name):
			at.key = dotted(p.key, quoted(name))
			d.failAt(at.pos, at.key, "cannot be a name; %s%s", k.PatternDoc, suggestName(name, pattern))
		}
		item := reflect.New(into.Type().Elem()).Elem()
		item.FieldByName("Name").SetString(name)
		d.defaults(element.Path, item)
		d.subsection(element, at, pair.Value, item)
		into.Set(reflect.Append(into, item))
	}
}

// nameIn returns the name that an element of a list has under the key name.
func nameIn(node ast.Node, pattern *regexp.Regexp) string {
	pairs, _ := entries(node)
	for _, pair := range pairs {
		if key, _ := keyText(pair.Key); key == "name" {
			if s, ok := nodeScalar(pair.Value); ok && pattern.MatchString(s.text) {
				return s.text
			}
		}
	}
	return "NAME"
}

// scalarsByName decodes a mapping from names of the user's choice to scalars of a type.
func (d *decoder) scalarsByName(k Key, to Type, p place, node ast.Node, into reflect.Value) {
	pairs, ok := entries(node)
	if !ok {
		d.failAt(nodePos(node), p.key, "want a mapping from names to texts, found %s", describe(node))
		return
	}
	d.positions[p.key] = p.pos
	seen := make(map[string]Position)
	values := reflect.MakeMap(into.Type())
	for _, pair := range pairs {
		name, ok := d.entry(p, pair, seen)
		if !ok {
			continue
		}
		element := k
		element.Type = to
		value := reflect.New(into.Type().Elem()).Elem()
		key := JoinKey(p.key, name)
		if s, ok := d.scalar(element, key, pair.Value); ok {
			d.store(element, key, s, value)
			values.SetMapIndex(reflect.ValueOf(name), value)
		}
	}
	into.Set(values)
}

// sections decodes a list of mappings that have the same keys.
func (d *decoder) sections(k Key, at place, node ast.Node, into reflect.Value) {
	d.positions[at.key] = at.pos
	sequence, ok := node.(*ast.SequenceNode)
	if !ok || len(sequence.Values) == 0 {
		d.failAt(nodePos(node), at.key, "want a list with at least one element; write for example %s: %s", k.name(), k.Example)
		return
	}
	element := k.element()
	for i, value := range sequence.Values {
		item := reflect.New(into.Type().Elem()).Elem()
		d.defaults(element.Path, item)
		d.subsection(element, place{path: element.Path, key: fmt.Sprintf("%s[%d]", at.key, i), pos: nodePos(value)}, value, item)
		into.Set(reflect.Append(into, item))
	}
}
