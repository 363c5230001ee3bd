package strictyaml

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/goccy/go-yaml/ast"
)

// Node is a value in a file of free form. It knows its key and its position, for errors. It is safe for concurrent use.
type Node struct {
	file string
	key  string
	node ast.Node
	// interpolate replaces ${} in the texts of JSON. nil: they stay as they are.
	interpolate func(key string, s Scalar) string
}

// at returns the node of a value below this one.
func (n Node) at(key string, node ast.Node) Node {
	n.key, n.node = key, node
	return n
}

// Entry is a key of a mapping and its value.
type Entry struct {
	Name string
	// Key is the key itself, for errors about the name.
	Key   Node
	Value Node
}

// Parse returns the root of a file. kind is a word for what the file holds, such as test for "a test file", and name is what
// errors call it. Its error joins an [*Error] for each problem.
func Parse(kind, name string, data []byte) (Node, error) {
	r := reader{file: name, kind: kind}
	body, _ := r.body(data)
	if err := join(r.problems); err != nil {
		return Node{}, err
	}
	return Node{file: name, node: body}, nil
}

// Errorf returns a problem with the value.
func (n Node) Errorf(format string, args ...any) *Error {
	r := reader{file: n.file}
	return r.errorAt(nodePos(n.node), n.key, format, args...)
}

// Line returns the line on which the value starts.
func (n Node) Line() int { return nodePos(n.node).Line }

// IsNull reports whether there is no value.
func (n Node) IsNull() bool {
	_, null := n.node.(*ast.NullNode)
	return null || n.node == nil
}

// IsMapping reports whether the value is a mapping.
func (n Node) IsMapping() bool {
	_, ok := entries(n.node)
	return ok
}

// IsList reports whether the value is a list.
func (n Node) IsList() bool {
	_, ok := n.node.(*ast.SequenceNode)
	return ok
}

// Entries returns the keys and values of a mapping, in the order of the file. A key that is not text, or a key that is there
// twice, is an error.
func (n Node) Entries() ([]Entry, error) {
	pairs, ok := entries(n.node)
	if !ok {
		return nil, n.Errorf("want a mapping, found %s", describe(n.node))
	}
	r := reader{file: n.file}
	seen := map[string]Position{}
	all := make([]Entry, 0, len(pairs))
	for _, pair := range pairs {
		name, ok := r.entry(place{key: n.key}, pair, seen)
		if !ok {
			return nil, r.problems[0]
		}
		key := JoinKey(n.key, name)
		all = append(all, Entry{Name: name, Key: n.at(key, pair.Key), Value: n.at(key, pair.Value)})
	}
	return all, nil
}

// List returns the elements of a list.
func (n Node) List() ([]Node, error) {
	sequence, ok := n.node.(*ast.SequenceNode)
	if !ok {
		return nil, n.Errorf("want a list, found %s", describe(n.node))
	}
	all := make([]Node, len(sequence.Values))
	for i, value := range sequence.Values {
		all[i] = n.at(fmt.Sprintf("%s[%d]", n.key, i), value)
	}
	return all, nil
}

// Text returns the value of a string.
func (n Node) Text() (string, error) {
	s, ok := nodeScalar(n.node)
	switch {
	case !ok || s.kind == kindNull:
		return "", n.Errorf("want text, found %s", describe(n.node))
	case s.kind != kindString:
		return "", n.Errorf("want text, found %s; put it in quotes", s.String())
	}
	return s.text, nil
}

// JSON returns the value as JSON. Numbers keep all their digits. A number that JSON does not have, or a key that is not text,
// is an error.
func (n Node) JSON() (jsontext.Value, error) {
	var b bytes.Buffer
	if err := n.writeJSON(&b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func (n Node) writeJSON(b *bytes.Buffer) error {
	switch {
	case n.IsMapping():
		all, err := n.Entries()
		if err != nil {
			return err
		}
		return joined(b, '{', '}', len(all), func(i int) error {
			b.Write(append(quotedJSON(all[i].Name), ':'))
			return all[i].Value.writeJSON(b)
		})
	case n.IsList():
		all, err := n.List()
		if err != nil {
			return err
		}
		return joined(b, '[', ']', len(all), func(i int) error { return all[i].writeJSON(b) })
	}
	s, ok := nodeScalar(n.node)
	switch {
	case !ok:
		return n.Errorf("%s has no meaning here", describe(n.node))
	case s.kind == kindNull:
		b.WriteString("null")
	case s.kind == kindString && n.isLargeNumber(s):
		b.WriteString(s.text)
	case s.kind == kindString:
		if n.interpolate != nil {
			s.text = n.interpolate(n.key, s)
		}
		b.Write(quotedJSON(s.text))
	case s.kind == kindBoolean:
		b.WriteString(strconv.FormatBool(s.text == "true" || s.text == "True" || s.text == "TRUE"))
	case !jsontext.Value(s.text).IsValid():
		return n.Errorf("%s is a number that JSON does not know; write it in digits, or put it in quotes if it is text", s.String())
	default:
		b.WriteString(s.text)
	}
	return nil
}

// isLargeNumber reports whether a scalar is a number that the YAML library takes for text because no Go type holds it.
func (n Node) isLargeNumber(s Scalar) bool {
	_, plain := n.node.(*ast.StringNode)
	v := jsontext.Value(s.text)
	return plain && !s.quoted && v.Kind() == '0' && v.IsValid()
}

// joined writes n elements with commas between them.
func joined(b *bytes.Buffer, begin, end byte, n int, element func(int) error) error {
	b.WriteByte(begin)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := element(i); err != nil {
			return err
		}
	}
	b.WriteByte(end)
	return nil
}

// quotedJSON returns a JSON string. The file is UTF-8, so there is no error.
func quotedJSON(text string) []byte {
	quoted, _ := jsontext.AppendQuote(nil, text)
	return quoted
}
