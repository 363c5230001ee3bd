package grpclookup

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// templateParser reads a template.
type templateParser struct {
	decoder *jsontext.Decoder
	out     []byte
	// open are the keys in out that no list holds so far.
	open  []mark
	found *template
	parts map[int]spot
}

// mark is a place in the output where a part of the key stands.
type mark struct{ at, part int }

// parseTemplate reads a request as JSON, for a message.
func parseTemplate(text string, message spot) (*template, error) {
	p := &templateParser{decoder: jsontext.NewDecoder(bytes.NewReader([]byte(text))), parts: map[int]spot{}}
	if err := p.value(message, setting); err != nil {
		return nil, err
	}
	if _, err := p.decoder.ReadToken(); err != io.EOF { //nolint:errorlint // It is never wrapped.
		return nil, errNoJSON
	}
	t := p.found
	switch {
	case len(p.open) > 0:
		return nil, wrong(setting, "$key stands in no list: write $keys for the list of keys, or a list with one element that has $key in it, as in refs: [{id: $key}]")
	case t == nil:
		return nil, wrong(setting, "the request has no $keys: it stands for the list of keys, as in ids: $keys")
	}
	t.after = string(p.out)
	for n := range len(p.parts) {
		at, there := p.parts[n]
		if !there {
			return nil, wrong(setting, "the request has a part of the key that comes after $key[%d], and not that one: parts count from 0", n)
		}
		kind, isScalar := at.scalar()
		t.parts = append(t.parts, part{spot: at, text: at.isTimestamp() || isScalar && isText[kind]})
	}
	return t, nil
}

// setting is the name of the template in a pipeline file.
const setting = "request"

var errNoJSON = wrong(setting, "the request is no JSON, or it has a name twice in one object")

// isText has the kinds whose values are strings in JSON.
var isText = map[protoreflect.Kind]bool{protoreflect.StringKind: true, protoreflect.BytesKind: true, protoreflect.EnumKind: true}

func (p *templateParser) value(at spot, path string) error {
	switch p.decoder.PeekKind() { //nolint:exhaustive // The others are single values.
	case '{':
		return p.object(at, path)
	case '[':
		return p.list(at, path)
	}
	raw, err := p.decoder.ReadValue()
	if err != nil {
		return errNoJSON
	}
	n, all, err := placeholder(raw)
	switch {
	case err != nil:
		return wrong(path, "%v", err)
	case all:
		return p.keys(at, path)
	case n >= 0:
		return p.key(at, path, n)
	}
	p.out = append(p.out, raw...)
	return nil
}

var placeholders = regexp.MustCompile(`^\$(keys|key|key\[([0-9])\])$`)

// placeholder returns the part of the key that a text stands for, or that it stands for all keys. It is -1 for another text.
func placeholder(raw jsontext.Value) (part int, all bool, err error) {
	if len(raw) < len(`"$key"`) || string(raw[:5]) != `"$key` {
		return -1, false, nil
	}
	text := raw[1 : len(raw)-1]
	found := placeholders.FindSubmatch(text)
	switch {
	case found == nil:
		return -1, false, fmt.Errorf("%.40q is none of $keys, $key and $key[0]", text)
	case string(text) == "$keys":
		return -1, true, nil
	case len(found[2]) == 0:
		return 0, false, nil
	}
	part, err = strconv.Atoi(string(found[2]))
	return part, false, err
}

// keys takes $keys for a list whose one element is $key.
func (p *templateParser) keys(at spot, path string) error {
	element, err := at.elements()
	if err != nil {
		return wrong(path, "$keys is a list, and this field is %s: write $keys in a repeated field", at)
	}
	start, open := p.begin()
	if err := p.key(element, path, 0); err != nil {
		return err
	}
	return p.end(start, open, 1, path)
}

// key takes a part of the key.
func (p *templateParser) key(at spot, path string, n int) error {
	if _, ok := at.keyType(); !ok && !at.isUnknown() {
		return wrong(path, "a key cannot stand in a field that is %s: write a field that holds a number, a string or a boolean, as in refs: [{id: $key}]", at)
	}
	if _, twice := p.parts[n]; !twice {
		p.parts[n] = at
	}
	p.open = append(p.open, mark{at: len(p.out), part: n})
	return nil
}

func (p *templateParser) object(at spot, path string) error {
	p.out = append(p.out, '{')
	if _, err := p.decoder.ReadToken(); err != nil {
		return errNoJSON
	}
	for n := 0; p.decoder.PeekKind() != '}'; n++ {
		if n > 0 {
			p.out = append(p.out, ',')
		}
		name, err := p.decoder.ReadValue()
		if err != nil {
			return errNoJSON
		}
		p.out = append(append(p.out, name...), ':')
		text, err := jsontext.AppendUnquote(nil, name)
		if err != nil {
			return errNoJSON
		}
		of := spot{field: at.field, element: true} // The value of a map.
		if !at.isMap() {
			if of, err = at.member(string(text)); err != nil {
				return wrong(path, "%v", err)
			}
		}
		if err := p.value(of, path+"."+string(text)); err != nil {
			return err
		}
	}
	p.out = append(p.out, '}')
	if _, err := p.decoder.ReadToken(); err != nil {
		return errNoJSON
	}
	return nil
}

func (p *templateParser) list(at spot, path string) error {
	element, err := at.elements()
	if err != nil {
		return wrong(path, "this is a list, and the field is %s", at)
	}
	if _, err := p.decoder.ReadToken(); err != nil {
		return errNoJSON
	}
	start, open := p.begin()
	n := 0
	for ; p.decoder.PeekKind() != ']'; n++ {
		if n > 0 {
			p.out = append(p.out, ',')
		}
		if err := p.value(element, fmt.Sprintf("%s[%d]", path, n)); err != nil {
			return err
		}
	}
	if _, err := p.decoder.ReadToken(); err != nil {
		return errNoJSON
	}
	return p.end(start, open, n, path)
}

// begin begins a list, and returns where its elements begin and how many keys are open.
func (p *templateParser) begin() (start, open int) {
	p.out = append(p.out, '[')
	return len(p.out), len(p.open)
}

// end ends a list of n elements. If one has a key in it, it is the list of keys.
func (p *templateParser) end(start, open, n int, path string) error {
	marks := p.open[open:]
	switch {
	case len(marks) == 0:
		p.out = append(p.out, ']')
		return nil
	case p.found != nil || open > 0:
		return wrong(path, "there are two lists of keys: a request has one")
	case n > 1:
		return wrong(path, "the list of keys has other elements: it has one, which stands for each key")
	}
	t := &template{before: string(p.out[:start])}
	for _, m := range marks {
		t.element = append(t.element, fragment{text: string(p.out[start:m.at]), part: m.part})
		start = m.at
	}
	t.end = string(p.out[start:])
	p.found, p.open, p.out = t, p.open[:open], []byte("]")
	return nil
}
