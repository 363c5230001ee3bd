package strictyaml

import (
	"math"
	"strings"
)

// Type is what may be written for a key. Its text names it in documentation.
type Type string

// The types of keys. Each names the Go type of its field: T is any type of that kind, such as a named string. A field
// of an enum may also implement encoding.TextUnmarshaler.
const (
	TypeSection     Type = "section"                   // A mapping with the keys below it: a struct, or a pointer to one that is nil without the section.
	TypeNames       Type = "names"                     // A mapping from names that the user chooses to sections: a slice of structs with a field Name, in the order of the file.
	TypeSections    Type = "list of sections"          // A list of mappings with the same keys, whose paths begin with this one's and []: a slice of structs.
	TypeSwitch      Type = "boolean or section"        // true, false, or a mapping with the keys below it, which means true: a struct with a field Enabled.
	TypeString      Type = "string"                    // A string.
	TypeSecret      Type = "secret string"             // A Secret.
	TypeInteger     Type = "integer"                   // An integer.
	TypeBoolean     Type = "boolean"                   // A bool.
	TypeDuration    Type = "duration"                  // As Go writes it, 20ms or 1h30m: a time.Duration.
	TypeSize        Type = "size"                      // Bytes, a whole number or one with a unit, as in 8MiB: an integer.
	TypePercentage  Type = "percentage"                // A whole number with a % sign: an integer.
	TypeEnum        Type = "enum"                      // One of Key.Enum: a string.
	TypeEnumOrTime  Type = "enum or time"              // One of Key.Enum, or a time of RFC 3339: an encoding.TextUnmarshaler.
	TypePath        Type = "path"                      // A file or folder, relative to Options.Dir: a string, joined with Dir.
	TypeList        Type = "list"                      // A list of strings: a []string.
	TypeListOrOne   Type = "list or one"               // A list of strings, or one string: a []string.
	TypeListOrComma Type = "list or comma-separated"   // A list of strings, or one string with commas: a []string.
	TypeIntegers    Type = "list of integers"          // A list of whole numbers: a slice of integers.
	TypeSecrets     Type = "mapping to secret strings" // A mapping from names that the user chooses: a map[string]Secret.
	TypeEnums       Type = "mapping to enum"           // A mapping from names that the user chooses to one of Key.Enum: a map from string to a string.
	TypeExpression  Type = "expression"                // An expression, or a number, true, false or null, which are expressions too: a string.
	TypeExpressions Type = "mapping to expressions"    // A mapping from names that the user chooses to expressions: a slice of structs with the strings Name, Value and Key, the place of the value, in the order of the file.
	TypeStrings     Type = "mapping to strings"        // A mapping from names that the user chooses to strings: as TypeExpressions.
	TypeTemplate    Type = "tree of expressions"       // A mapping with names that the user chooses, a list or an expression, and so on below: a *Template, nil without the key.
	TypeRows        Type = "list of mappings"          // A list of mappings with names and values that the user chooses: a []Row.
	TypeDocument    Type = "mapping"                   // A mapping with names and values that the user chooses: a jsontext.Value, nil without the key.
)

// Key describes one key of a file.
type Key struct {
	// Path is the key's path from the root, with dots between the names, such as stages.*.cache.ttl. The element * is a
	// name that the user chooses, below a TypeNames. The suffix [] is each element of a TypeSections.
	Path string
	Type Type
	// Default is the value of a key that the file does not have, written as in the file. It is empty if there is none, or
	// if Doc says what it is.
	Default string
	// Required keys have no default. The file must have them if it has their section.
	Required bool
	// Example is a value to show for a required key, written as in the file.
	Example string
	// Enum holds the values of TypeEnum, TypeEnums and TypeEnumOrTime.
	Enum []string
	// Min and Max bound an integer, a percentage, a duration in nanoseconds or a size in bytes, inclusively. If both are
	// zero, only the Go type bounds the value.
	Min, Max int64
	// Pattern is a regular expression for a string, for each string of a list, or for each name of a TypeNames. It uses
	// what Go's and ECMA-262's expressions have in common. PatternDoc says in words what it asks for.
	Pattern, PatternDoc string
	// Reserved are names of a TypeNames that cannot be chosen.
	Reserved []ReservedName
	// Noun is what errors call a section of the user's choice, such as "a stage". It defaults to the path.
	Noun string
	// Doc is one or two sentences for the user.
	Doc string
}

// ReservedName is a name that cannot be chosen. Doc says why, as part of a sentence.
type ReservedName struct{ Name, Doc string }

// reserved says why a name cannot be chosen; empty if it can be.
func (k Key) reserved(name string) string {
	for _, r := range k.Reserved {
		if r.Name == name {
			return r.Doc
		}
	}
	return ""
}

// name is the last element of the key's path.
func (k Key) name() string { return k.Path[strings.LastIndexByte(k.Path, '.')+1:] }

// parent is the path of the section that holds the key, empty for the root.
func (k Key) parent() string { return k.Path[:max(0, strings.LastIndexByte(k.Path, '.'))] }

// element is the section that each element of a TypeSections is.
func (k Key) element() Key { return Key{Path: k.Path + "[]", Type: TypeSection} }

// orRemove is the end of a message about a key without a value.
func (k Key) orRemove() string {
	if k.Required {
		return ""
	}
	return ", or remove the key"
}

// bounds returns the range that the key's type and description allow.
func (k Key) bounds() (low, high int64) {
	if k.Min == 0 && k.Max == 0 {
		return math.MinInt64, math.MaxInt64
	}
	return k.Min, k.Max
}

// JoinKey returns the path of the key name in the section parent, for an error: on one line, not too long and without
// what may be a password. An empty parent is the root.
func JoinKey(parent, name string) string { return dotted(parent, plainKey(name)) }

// plainKey is a name as an error's path has it.
func plainKey(name string) string {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r < '!' || r > '~' }) {
		return quoted(name)
	}
	return Excerpt(name)
}

func dotted(parent, name string) string {
	if parent == "" {
		return name
	}
	return parent + "." + name
}
