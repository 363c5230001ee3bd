package jsonschema

import (
	"errors"
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Schema is a compiled schema. It is safe for concurrent use.
type Schema struct {
	title    string
	compiled *jsonschema.Schema
}

// base is the URL of a schema that has no $id.
const base = "registry:///schema.json"

// Compile compiles a schema. references are the texts of other schemas by the names that it refers to them by: whole URLs, or what
// follows the folder of the URL of the schema that refers to them.
func Compile(text string, references map[string]string) (*Schema, error) {
	known := loader{}
	for name, text := range references {
		value, err := readValue([]byte(text))
		if err != nil {
			return nil, fmt.Errorf("reference %s is no JSON Schema: %w", name, err)
		}
		known[name] = value
	}
	value, err := readValue([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("it is no JSON Schema: %w", err)
	}
	compiled, err := compile(value, known)
	if err != nil {
		return nil, err
	}
	s := &Schema{compiled: compiled}
	if object, is := value.(map[string]any); is {
		s.title, _ = object["title"].(string)
	}
	return s, nil
}

// compile compiles a schema. A schema at which the library panics is an error.
func compile(value any, known loader) (compiled *jsonschema.Schema, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the JSON Schema cannot be used: %v", v)
		}
	}()
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft7)
	c.UseLoader(known)
	err = c.AddResource(base, value)
	if err == nil {
		compiled, err = c.Compile(base)
	}
	if unknown, is := errors.AsType[*unknownReferenceError](err); is {
		return nil, unknown
	}
	if err != nil {
		return nil, fmt.Errorf("the JSON Schema cannot be used: %w", err)
	}
	return compiled, nil
}

// Title is the title of the schema, or empty.
func (s *Schema) Title() string { return s.title }

// loader has the references of a schema. It is the only place that a $ref leads to.
type loader map[string]any

// unknownReferenceError is the error of a $ref that leads elsewhere.
type unknownReferenceError struct{ url string }

func (e *unknownReferenceError) Error() string {
	return fmt.Sprintf("the JSON Schema refers to %s, which is none of its references; register it with a reference of that name", strings.TrimPrefix(e.url, "registry:///"))
}

// Load implements jsonschema.URLLoader. A reference is named by its URL, or by the end of it, since a $ref is often relative to
// the $id of its schema. The longest name wins.
func (l loader) Load(url string) (any, error) {
	best := ""
	for name := range l {
		if (url == name || strings.HasSuffix(url, "/"+strings.TrimPrefix(name, "/"))) && len(name) > len(best) {
			best = name
		}
	}
	if best == "" {
		return nil, &unknownReferenceError{url: url}
	}
	return l[best], nil
}
