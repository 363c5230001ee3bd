package pipelinefile

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// The patterns of what is read from text. They are of ECMA-262, as JSON Schema wants it, and of Go.
const (
	variablePattern = `\$\{`
	notBlankPattern = `\S`
	durationPattern = `^\+?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h))+)$`
	sizePattern     = `^(0|[1-9][0-9]*)(B|KiB|MiB|GiB|TiB)?$`
	percentPattern  = `^[1-9][0-9]*%$`
	timePattern     = `^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$`

	variableRef = "#/$defs/variable"
)

// Schema returns the JSON Schema (2020-12) of the pipeline file, as indented JSON. It follows [Keys]. What
// Parse accepts is valid; what takes more than one key to judge is left to Parse.
func Schema() ([]byte, error) {
	keys := schemaKeys{}
	for _, k := range Keys() {
		keys[k.parent()] = append(keys[k.parent()], k)
	}
	root, err := keys.section("")
	if err != nil {
		return nil, fmt.Errorf("schema of the pipeline file: %w", err)
	}
	root.Dialect = "https://json-schema.org/draft/2020-12/schema"
	root.Title = "A pipeline of loaderline"
	root.Defs = &schemaDefs{Variable: &schema{
		Description: "${NAME} is an environment variable, ${NAME:-default} one with a default, and ${file:PATH} a file's content.",
		Type:        "string", Pattern: variablePattern,
	}}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(root); err != nil {
		return nil, fmt.Errorf("schema of the pipeline file: %w", err)
	}
	return out.Bytes(), nil
}

// schema is the part of JSON Schema that is needed, in the order in which it reads best.
type schema struct {
	Dialect     string `json:"$schema,omitempty"`
	Ref         string `json:"$ref,omitempty"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	Default     any    `json:"default,omitempty"`
	Examples    []any  `json:"examples,omitempty"`

	Type    string    `json:"type,omitempty"`
	Const   any       `json:"const,omitempty"`
	Enum    []string  `json:"enum,omitempty"`
	Minimum *int64    `json:"minimum,omitempty"`
	Maximum *int64    `json:"maximum,omitempty"`
	Pattern string    `json:"pattern,omitempty"`
	Not     *schema   `json:"not,omitempty"`
	AnyOf   []*schema `json:"anyOf,omitempty"`

	Items    *schema `json:"items,omitempty"`
	MinItems int     `json:"minItems,omitempty"`

	Properties           properties `json:"properties,omitempty"`
	Required             []string   `json:"required,omitempty"`
	PropertyNames        *schema    `json:"propertyNames,omitempty"`
	MinProperties        int        `json:"minProperties,omitempty"`
	AdditionalProperties any        `json:"additionalProperties,omitempty"` // false or a schema

	Defs *schemaDefs `json:"$defs,omitempty"`
}

type schemaDefs struct {
	Variable *schema `json:"variable"`
}

// properties are in the order of the table of keys, which a map would lose.
type properties []property

type property struct {
	name  string
	value *schema
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

// schemaKeys are the keys of each section.
type schemaKeys map[string][]Key

// section is the schema of a mapping with fixed keys.
func (keys schemaKeys) section(path string) (*schema, error) {
	s := &schema{Type: "object", AdditionalProperties: false}
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
func (keys schemaKeys) key(k Key) (*schema, error) {
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
