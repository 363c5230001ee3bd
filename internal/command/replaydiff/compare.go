package replaydiff

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Field is a part of a record that differs. What is not there is nil.
type Field struct {
	// Name is the path of a member of the value, such as user.name. (value) is a value as a whole, (topic), (key) and
	// (header NAME) are other parts of a record, and (record) is the value of a record that only one side has. If there are
	// several records for an input record, a number precedes the name, as in [2] user.name.
	Name string         `json:"field"`
	Was  jsontext.Value `json:"was,omitempty"`
	Now  jsontext.Value `json:"now,omitempty"`
}

// compareValues returns the members in which two objects differ, by their paths. The order of members, white space and escapes
// of text do not count. Numbers are compared as they are written, so that no digit is lost. A list is compared as a whole.
func compareValues(was, now []byte) []Field { return compareMembers("", was, now) }

// compareMembers compares the members of two objects at a path, and anything else as a whole.
func compareMembers(path string, was, now jsontext.Value) []Field {
	if same(was, now) {
		return nil
	}
	before, isObject := members(was)
	after, areObjects := members(now)
	if !isObject || !areObjects {
		return []Field{{Name: cmp.Or(path, "(value)"), Was: was, Now: now}}
	}
	names := maps.Clone(before)
	maps.Copy(names, after)
	var fields []Field
	for _, name := range slices.Sorted(maps.Keys(names)) {
		fields = append(fields, compareMembers(memberPath(path, name), before[name], after[name])...)
	}
	return fields
}

// memberPath returns the path of a member. A name that is no word is in quotes.
func memberPath(path, name string) string {
	if name == "" || strings.ContainsAny(name, ". []()\"") {
		name = strconv.Quote(name)
	}
	if path == "" {
		return name
	}
	return path + "." + name
}

// lenient reads what events may be.
var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// members returns the members of an object that has each name once.
func members(value []byte) (map[string]jsontext.Value, bool) {
	d := jsontext.NewDecoder(bytes.NewReader(value), lenient)
	if opening, err := d.ReadToken(); err != nil || opening.Kind() != '{' {
		return nil, false
	}
	all := map[string]jsontext.Value{}
	for d.PeekKind() == '"' {
		token, err := d.ReadToken()
		if err != nil {
			return nil, false
		}
		name := token.String()
		member, err := d.ReadValue()
		if err != nil {
			return nil, false
		}
		if _, twice := all[name]; twice {
			return nil, false
		}
		all[name] = member.Clone()
	}
	return all, true
}

// same reports whether two values mean the same.
func same(a, b jsontext.Value) bool {
	if bytes.Equal(a, b) {
		return (a == nil) == (b == nil)
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
