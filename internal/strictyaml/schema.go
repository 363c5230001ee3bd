package strictyaml

import "strings"

// Schema describes a kind of file: its keys, and what errors call it. It is not changed by its methods, and it is safe for
// concurrent use.
type Schema struct {
	// Kind is a word for what the file holds, such as pipeline for "a pipeline file". It takes the article a.
	Kind string
	// Title is the title of the JSON Schema.
	Title string
	// Keys are all keys, sections before what they hold, in the order in which documentation shows them.
	Keys []Key
	// NotVariables are names that a user may take for variables, each with a sentence that says what to write instead of
	// ${name}. They are for variables that are not set.
	NotVariables map[string]string
}

// Decode fills the struct that into points to, first with defaults and then with what the file has. A field has the tag
// key:"name" with the last element of its key's path. The keys of an embedded struct are the section's own. It panics if
// a key has no field, or a default that does not fit its type. name is what errors call the file.
//
// Its error joins an [*Error] for each problem that leaves nothing to decode, such as a syntax error. Problems with keys
// are in the Document, for [Document.Err]: until that is nil, into is for further checks only.
func (s *Schema) Decode(name string, data []byte, into any, opts Options) (*Document, error) {
	d := newDecoder(s, name, opts.withDefaults())
	root, ok := d.root(data)
	if !ok {
		return nil, d.Err()
	}
	d.decode(root, into)
	return d.Document, nil
}

// index has the keys by path, and the keys of each section in order.
type index struct {
	keys     map[string]Key
	children map[string][]Key
}

func (s *Schema) index() index {
	x := index{keys: make(map[string]Key, len(s.Keys)), children: make(map[string][]Key)}
	for _, k := range s.Keys {
		x.keys[k.Path] = k
		x.children[k.parent()] = append(x.children[k.parent()], k)
	}
	return x
}

// required returns the keys that a section must have.
func (x index) required(path string) []Key {
	var required []Key
	for _, k := range x.children[path] {
		if k.Required {
			required = append(required, k)
		}
	}
	return required
}

// section names a section for an error.
func (x index) section(path string) string {
	switch noun := x.keys[path].Noun; {
	case noun != "":
		return noun
	case path == "":
		return "the top level"
	}
	if list, ok := strings.CutSuffix(path, "[]"); ok {
		return "an element of " + list
	}
	return path
}

// contents says what a section is made of.
func (x index) contents(path string) string {
	word := "a mapping with "
	if x.keys[path].Type == TypeSwitch {
		word = "true, false or a mapping with "
	}
	return word + JoinWords(names(x.children[path]), "and")
}

func names(keys []Key) []string {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.name()
	}
	return names
}
