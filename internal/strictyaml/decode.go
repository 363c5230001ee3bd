package strictyaml

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// decoder fills a struct from a file and gathers its problems in the Document.
type decoder struct {
	*Document
	index
}

// place is where the decoder is: the path in the table of keys, the key in the file, and its position.
type place struct {
	path, key string
	pos       Position
}

// at returns the place of a key of the section.
func (p place) at(name string, pos Position) place {
	return place{path: dotted(p.path, name), key: dotted(p.key, name), pos: pos}
}

func newDecoder(schema *Schema, name string, opts Options) *decoder {
	return &decoder{
		Document: &Document{
			reader: reader{file: name, kind: schema.Kind}, schema: schema, opts: opts,
			positions: make(map[string]Position), texts: make(map[string]Position),
			scalars: make(map[string]Scalar), secrets: make(map[string]string),
		},
		index: schema.index(),
	}
}

// root returns the mapping at the root of the file, or reports why there is none.
func (d *decoder) root(data []byte) (*ast.MappingNode, bool) {
	body, ok := d.body(data)
	if !ok {
		return nil, false
	}
	required := names(d.required(""))
	switch n := body.(type) {
	case nil, *ast.NullNode:
		if len(required) == 0 {
			return &ast.MappingNode{}, true
		}
		d.failAt(Position{1, 1}, "", "the file is empty; a %s needs at least %s", d.kind, JoinWords(required, "and"))
	case *ast.MappingNode:
		return n, true
	default:
		d.failAt(nodePos(n), "", "the document is %s; a %s file is a mapping that starts with keys such as %s", describe(n), d.kind, d.firstKeys())
	}
	return nil, false
}

// firstKeys are two keys of the root as a file has them, required ones if there are any.
func (d *decoder) firstKeys() string {
	keys := d.required("")
	if len(keys) == 0 {
		keys = d.children[""]
	}
	first := names(keys[:min(len(keys), 2)])
	for i := range first {
		first[i] += ":"
	}
	return JoinWords(first, "and")
}

// decode fills the struct that into points to from the root of the file.
func (d *decoder) decode(root *ast.MappingNode, into any) {
	target := reflect.ValueOf(into).Elem()
	d.defaults("", target)
	d.mapping(place{pos: nodePos(root)}, root, target)
}

// defaults sets the keys of a section to their defaults, and the keys of the structs below it.
func (d *decoder) defaults(path string, into reflect.Value) {
	for _, k := range d.children[path] {
		target := field(into, k)
		if k.Type == TypeSection || k.Type == TypeSwitch {
			if target.Kind() == reflect.Struct {
				d.defaults(k.Path, target)
			}
			continue
		}
		if k.Default == "" {
			continue
		}
		if problem := k.set(target, defaultScalar(k), d.opts); problem != "" {
			panic(fmt.Sprintf("the default of %s: %s", k.Path, problem))
		}
	}
}

// defaultScalar is a key's default as if the file had it.
func defaultScalar(k Key) Scalar {
	s := Scalar{text: k.Default, written: k.Default}
	if k.Type == TypeBoolean {
		s.kind = kindBoolean
	}
	return s
}

// field returns the struct field whose tag names the key. The fields of an embedded struct are the section's own.
func field(into reflect.Value, k Key) reflect.Value {
	for _, f := range reflect.VisibleFields(into.Type()) {
		if f.Tag.Get("key") == k.name() {
			return into.FieldByIndex(f.Index)
		}
	}
	panic(fmt.Sprintf("no field of %s has the key %s", into.Type(), k.Path))
}

// value decodes a key's value into its field.
func (d *decoder) value(k Key, at place, node ast.Node, into reflect.Value) {
	switch k.Type {
	case TypeSection, TypeSwitch:
		d.subsection(k, at, node, into)
	case TypeNames:
		d.positions[at.key] = at.pos
		d.names(k, at, node, into)
	case TypeSections:
		d.sections(k, at, node, into)
	case TypeList, TypeListOrOne, TypeListOrComma:
		d.list(k, at, node, into)
	case TypeIntegers:
		d.integers(k, at, node, into)
	case TypeSecrets:
		d.scalarsByName(k, TypeSecret, at, node, into)
	case TypeEnums:
		d.scalarsByName(k, TypeEnum, at, node, into)
	case TypeRows:
		d.rows(k, at, node, into)
	case TypeTemplate:
		d.template(k, at, node, into)
	case TypeDocument:
		d.document(k, at, node, into)
	case TypeExpression:
		into.SetString(d.expressionText(k, at.key, node))
	case TypeExpressions, TypeStrings:
		d.expressionsByName(k, at, node, into)
	default:
		if s, ok := d.scalar(k, at.key, node); ok {
			d.store(k, at.key, s, into)
		}
	}
}

// store sets a field from a scalar of the file.
func (d *decoder) store(k Key, key string, s Scalar, into reflect.Value) {
	if problem := k.set(into, s, d.opts); problem != "" {
		d.failAt(s.pos, key, "%s", problem)
		return
	}
	if k.Type == TypeSecret {
		s.text, s.written = "", redacted // A Document holds no secret.
	}
	d.scalars[key] = s
}

// scalar reads a value that is neither a list, a mapping nor null, and replaces ${} in it.
func (d *decoder) scalar(k Key, key string, node ast.Node) (Scalar, bool) {
	s, ok := nodeScalar(node)
	if !ok {
		d.failAt(nodePos(node), key, "want %s, found %s", k.wants(), describe(node))
		return Scalar{}, false
	}
	d.positions[key] = s.pos
	if s.kind == kindNull {
		d.failAt(s.pos, key, "has no value; want %s%s", k.wants(), k.orRemove())
		return Scalar{}, false
	}
	return d.substitute(k, key, s)
}

// substitute replaces ${} in a scalar.
func (d *decoder) substitute(k Key, key string, s Scalar) (Scalar, bool) {
	text, replaced, problems := d.interpolate(s.text)
	if replaced && k.Type == TypeSecret {
		d.secrets[key] = s.text
	}
	for _, problem := range problems {
		d.failAt(s.pos, key, "%s", problem)
	}
	if s.verbatim && !replaced {
		d.texts[key] = Position{Line: s.pos.Line, Column: s.pos.Column + s.opening()}
	}
	s.text, s.replaced = text, replaced
	s.unset = replaced && d.opts.Unset != "" && strings.Contains(text, d.opts.Unset)
	return s, len(problems) == 0
}
