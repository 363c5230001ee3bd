package replaydiff

import (
	"bytes"
	"maps"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Field is a member of a record's value that differs. What is not there is nil.
type Field struct {
	Name string         `json:"field"`
	Was  jsontext.Value `json:"was,omitempty"`
	Now  jsontext.Value `json:"now,omitempty"`
}

// compareValues returns the members in which two objects differ. The order of members, white space and escapes of text do not
// count. Numbers are compared as they are written, so that no digit is lost.
func compareValues(was, now []byte) []Field {
	before, after := members(was), members(now)
	names := maps.Clone(before)
	maps.Copy(names, after)
	var fields []Field
	for _, name := range slices.Sorted(maps.Keys(names)) {
		a, b := before[name], after[name]
		if !same(a, b) {
			fields = append(fields, Field{Name: name, Was: a, Now: b})
		}
	}
	return fields
}

// lenient reads what events may be.
var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// members are those of an object. Anything else is one member without a name.
func members(value []byte) map[string]jsontext.Value {
	whole := map[string]jsontext.Value{"": value}
	d := jsontext.NewDecoder(bytes.NewReader(value), lenient)
	if opening, err := d.ReadToken(); err != nil || opening.Kind() != '{' {
		return whole
	}
	all := map[string]jsontext.Value{}
	for d.PeekKind() == '"' {
		token, err := d.ReadToken()
		if err != nil {
			return whole
		}
		name := token.String()
		member, err := d.ReadValue()
		if err != nil {
			return whole
		}
		all[name] = member.Clone()
	}
	return all
}

// same says whether two values mean the same.
func same(a, b jsontext.Value) bool {
	if bytes.Equal(a, b) {
		return true
	}
	if a == nil || b == nil {
		return false
	}
	a, b = a.Clone(), b.Clone()
	for _, v := range []*jsontext.Value{&a, &b} {
		if v.Canonicalize(lenient, jsontext.CanonicalizeRawInts(false), jsontext.CanonicalizeRawFloats(false)) != nil {
			return false
		}
	}
	return bytes.Equal(a, b)
}
