package strictyaml

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// maxExpressions bounds the expressions of one key, and with them the work on each record. maxDepth bounds their nesting.
const maxExpressions = 1000

// Template is the form of a JSON document: a mapping, a list, or an expression for the value in this place.
type Template struct {
	// Key is the path of the value in the file, for [Document.ErrorfIn]. No two values of a file have the same.
	Key  string
	Kind TemplateKind
	// Text is the expression of a TemplateExpression. A number, true, false and null are expressions too, in JSON's notation.
	Text string
	// Fields are the members of a TemplateMapping, in the order of the file. Each name is there once.
	Fields []TemplateField
	// Items are the elements of a TemplateList.
	Items []Template
}

// TemplateField is one member of a mapping.
type TemplateField struct {
	Name  string
	Value Template
}

// TemplateKind says what a Template is.
type TemplateKind int

// The kinds of templates.
const (
	TemplateExpression TemplateKind = iota
	TemplateMapping
	TemplateList
)

// templateDecoder decodes the value of one key.
type templateDecoder struct {
	*decoder

	key         Key
	expressions int
}

// template decodes a tree of expressions.
func (d *decoder) template(k Key, at place, node ast.Node, into reflect.Value) {
	td := &templateDecoder{decoder: d, key: k}
	root := td.value(at.key, node)
	td.checkCount(at)
	into.Set(reflect.ValueOf(&root))
}

func (d *templateDecoder) value(key string, node ast.Node) Template {
	if pairs, ok := entries(node); ok {
		d.positions[key] = nodePos(node)
		return Template{Key: key, Kind: TemplateMapping, Fields: d.fields(key, pairs)}
	}
	if list, ok := node.(*ast.SequenceNode); ok {
		d.positions[key] = nodePos(node)
		t := Template{Key: key, Kind: TemplateList}
		for i, item := range list.Values {
			t.Items = append(t.Items, d.value(fmt.Sprintf("%s[%d]", key, i), item))
		}
		return t
	}
	d.expressions++
	return Template{Key: key, Text: d.expressionText(d.key, key, node)}
}

func (d *templateDecoder) fields(key string, pairs []*ast.MappingValueNode) []TemplateField {
	seen := make(map[string]Position)
	var fields []TemplateField
	for _, pair := range pairs {
		if name, ok := d.entry(place{key: key}, pair, seen); ok {
			fields = append(fields, TemplateField{name, d.value(d.memberKey(key, name), pair.Value)})
		}
	}
	return fields
}

// checkCount refuses a key with too many expressions.
func (d *templateDecoder) checkCount(at place) {
	if d.expressions > maxExpressions {
		d.failAt(at.pos, at.key, "has %d expressions, and the most is %d; leave some out, or copy an object whole", d.expressions, maxExpressions)
	}
}

// expressionsByName decodes a mapping from names of the user's choice to expressions.
func (d *decoder) expressionsByName(k Key, at place, node ast.Node, into reflect.Value) {
	pairs, ok := entries(node)
	if !ok {
		d.failAt(nodePos(node), at.key, "want %s, found %s", k.wants(), describe(node))
		return
	}
	d.positions[at.key] = at.pos
	td := &templateDecoder{decoder: d, key: k}
	seen := make(map[string]Position)
	for _, pair := range pairs {
		name, ok := d.entry(at, pair, seen)
		if !ok {
			continue
		}
		td.expressions++
		key := d.memberKey(at.key, name)
		item := reflect.New(into.Type().Elem()).Elem()
		item.FieldByName("Name").SetString(name)
		item.FieldByName("Key").SetString(key)
		item.FieldByName("Value").SetString(d.expressionText(k, key, pair.Value))
		into.Set(reflect.Append(into, item))
	}
	td.checkCount(at)
}

// expressionText returns the text of an expression, or reports why the value is none.
func (d *decoder) expressionText(k Key, key string, node ast.Node) string {
	k.Type, k.Required, k.Example = TypeExpression, true, ""
	s, ok := nodeScalar(node)
	if !ok {
		d.failAt(nodePos(node), key, "want %s, found %s", k.wants(), describe(node))
		return ""
	}
	d.positions[key] = s.pos
	switch s.kind {
	case kindNull:
		if node == nil || node.GetToken().Type == token.ImplicitNullType {
			d.failAt(s.pos, key, "has no value; write an expression, or null")
			return ""
		}
		s.text = "null"
	case kindBoolean:
		s.text = strings.ToLower(s.text)
	case kindNumber:
		if !jsontext.Value(s.text).IsValid() {
			d.failAt(s.pos, key, "%s is a number that JSON does not know; write it in digits", s.String())
			return ""
		}
	case kindString:
		if s, ok = d.substitute(k, key, s); !ok {
			return ""
		}
		if problem := k.checkEmpty(s); problem != "" {
			d.failAt(s.pos, key, "%s; write an expression, such as event.user_id, or '\"\"' for an empty text", problem)
			return ""
		}
	}
	s.text = strings.TrimRight(s.text, " \t\r\n")
	d.scalars[key] = s
	return s.text
}

// memberKey returns the path of a member with a name of the user's choice. It is another one for each value of the file: a
// name that is no word is in quotes, and a number tells long names apart whose beginnings are the same.
func (d *decoder) memberKey(parent, name string) string {
	word := !strings.ContainsFunc(name, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '_' && r != '-'
	})
	key := dotted(parent, quoted(name))
	if word && name != "" {
		key = dotted(parent, Excerpt(name))
	}
	first := key
	for n := 2; d.Has(key); n++ {
		key = fmt.Sprintf("%s(%d)", first, n)
	}
	return key
}
