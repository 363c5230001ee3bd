package strictyaml

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// The patterns of texts that the reader parses. They use what Go's and ECMA-262's expressions have in common, as JSON Schema
// uses the latter.
const (
	variablePattern = `\$\{`
	notBlankPattern = `\S`
	durationPattern = `^\+?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h))+)$`
	sizePattern     = `^(0|[1-9][0-9]*)(B|KiB|MiB|GiB|TiB)?$`
	percentPattern  = `^[1-9][0-9]*%$`
	timePattern     = `^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$`

	variableRef = "#/$defs/variable"
	templateRef = "#/$defs/template"
)

// JSONSchema returns the JSON Schema (2020-12) of the file, as indented JSON. Every file that Decode accepts is valid.
func (s *Schema) JSONSchema() ([]byte, error) {
	root, err := schemaKeys(s.index().children).section("")
	if err != nil {
		return nil, fmt.Errorf("schema of the %s file: %w", s.Kind, err)
	}
	root.Dialect = "https://json-schema.org/draft/2020-12/schema"
	root.Title = s.Title
	root.Defs = &schemaDefs{Variable: &jsonSchema{
		Description: "${NAME} is an environment variable, ${NAME:-default} one with a default, and ${file:PATH} a file's content.",
		Type:        "string", Pattern: variablePattern,
	}}
	if slices.ContainsFunc(s.Keys, func(k Key) bool { return k.Type == TypeTemplate }) {
		root.Defs.Template = templateSchema()
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(root); err != nil {
		return nil, fmt.Errorf("schema of the %s file: %w", s.Kind, err)
	}
	return out.Bytes(), nil
}

// jsonSchema is the part of JSON Schema that is needed, in the order in which it reads best.
type jsonSchema struct {
	Dialect     string `json:"$schema,omitempty"`
	Ref         string `json:"$ref,omitempty"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	Default     any    `json:"default,omitempty"`
	Examples    []any  `json:"examples,omitempty"`

	Type    string        `json:"type,omitempty"`
	Const   any           `json:"const,omitempty"`
	Enum    []string      `json:"enum,omitempty"`
	Minimum *int64        `json:"minimum,omitempty"`
	Maximum *int64        `json:"maximum,omitempty"`
	Pattern string        `json:"pattern,omitempty"`
	Not     *jsonSchema   `json:"not,omitempty"`
	AnyOf   []*jsonSchema `json:"anyOf,omitempty"`

	Items    *jsonSchema `json:"items,omitempty"`
	MinItems int         `json:"minItems,omitempty"`

	Properties           properties  `json:"properties,omitempty"`
	Required             []string    `json:"required,omitempty"`
	PropertyNames        *jsonSchema `json:"propertyNames,omitempty"`
	MinProperties        int         `json:"minProperties,omitempty"`
	AdditionalProperties any         `json:"additionalProperties,omitempty"` // false or a schema

	Defs *schemaDefs `json:"$defs,omitempty"`
}

type schemaDefs struct {
	Variable *jsonSchema `json:"variable"`
	Template *jsonSchema `json:"template,omitempty"`
}

// properties are in the order of the table of keys, which a map would lose.
type properties []property

type property struct {
	name  string
	value *jsonSchema
}

// MarshalJSON writes an object.
func (p properties) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, member := range p {
		if i > 0 {
			out.WriteByte(',')
		}
		name, err := json.Marshal(member.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(member.value)
		if err != nil {
			return nil, err
		}
		out.Write(name)
		out.WriteByte(':')
		out.Write(value)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// schemaKeys are the keys of each section, in order.
type schemaKeys map[string][]Key

// section is the schema of a mapping with fixed keys.
func (keys schemaKeys) section(path string) (*jsonSchema, error) {
	s := &jsonSchema{Type: "object", AdditionalProperties: false}
	for _, k := range keys[path] {
		value, err := keys.key(k)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k.Path, err)
		}
		s.Properties = append(s.Properties, property{k.name(), value})
		if k.Required {
			s.Required = append(s.Required, k.name())
		}
	}
	return s, nil
}

// key is the schema of a key's value, described.
func (keys schemaKeys) key(k Key) (*jsonSchema, error) {
	s, err := keys.value(k)
	if err != nil {
		return nil, err
	}
	s.Description = k.Doc + k.bounded()
	if k.Default != "" {
		if s.Default, err = yamlValue(k.Default); err != nil {
			return nil, fmt.Errorf("default: %w", err)
		}
	}
	if k.Example != "" {
		example, err := yamlValue(k.Example)
		if err != nil {
			return nil, fmt.Errorf("example: %w", err)
		}
		s.Examples = []any{example}
	}
	return s, nil
}
