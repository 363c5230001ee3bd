package pipelinefile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
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

// yamlValue is a value of the table of keys, read as a pipeline file is.
func yamlValue(text string) (v any, err error) {
	file, err := parser.Parse(joinPlainColons(lexer.Tokenize(text)), 0)
	if err != nil {
		return nil, err
	}
	return v, yaml.NodeToValue(file.Docs[0].Body, &v)
}

// bounded says in words the bounds that a pattern cannot.
func (k Key) bounded() string {
	if k.Min == 0 && k.Max == 0 {
		return ""
	}
	switch k.Type {
	case TypeDuration:
		return fmt.Sprintf(" From %s to %s.", formatDuration(k.Min), formatDuration(k.Max))
	case TypePercentage:
		return fmt.Sprintf(" From %s to %s.", formatPercentage(k.Min), formatPercentage(k.Max))
	case TypeSize:
		return fmt.Sprintf(" From %s to %s.", formatSize(k.Min), formatSize(k.Max))
	default:
		return ""
	}
}

// value is the schema of what may be written for a key.
func (keys schemaKeys) value(k Key) (*schema, error) {
	switch k.Type {
	case TypeSection:
		return keys.section(k.Path)
	case TypeSwitch:
		section, err := keys.section(k.Path)
		return anyOf(&schema{Type: "boolean"}, section), err
	case TypeNames:
		section, err := keys.section(k.Path + ".*")
		return &schema{
			Type:          "object",
			PropertyNames: &schema{Pattern: namePattern, Not: &schema{Const: "event"}},
			MinProperties: 1, AdditionalProperties: section,
		}, err
	case TypeSections:
		section, err := keys.section(k.element().Path)
		return &schema{Type: "array", Items: section, MinItems: 1}, err
	default:
		return k.leaf(), nil
	}
}

// leaf is the schema of a key that is no mapping.
func (k Key) leaf() *schema {
	low, high := k.bounds()
	number := &schema{Type: "integer"}
	if k.Min != 0 || k.Max != 0 {
		number.Minimum, number.Maximum = &low, &high
	}
	switch k.Type {
	case TypeInteger:
		return anyOf(number)
	case TypeBoolean:
		return anyOf(&schema{Type: "boolean"})
	case TypePercentage:
		return anyOf(&schema{Type: "string", Pattern: percentPattern})
	case TypeSize:
		return anyOf(&schema{Type: "string", Pattern: sizePattern}, number)
	case TypeDuration:
		if low > 0 {
			return anyOf(&schema{Type: "string", Pattern: durationPattern})
		}
		return anyOf(&schema{Type: "string", Pattern: durationPattern}, &schema{Const: 0})
	case TypeEnum:
		return anyOf(&schema{Enum: k.Enum})
	case TypeStart:
		return anyOf(&schema{Enum: k.Enum}, &schema{Type: "string", Pattern: timePattern})
	case TypeSecrets:
		return &schema{Type: "object", AdditionalProperties: &schema{Type: "string"}}
	case TypeEnums:
		return &schema{Type: "object", AdditionalProperties: anyOf(&schema{Enum: k.Enum})}
	case TypeList:
		return &schema{Type: "array", Items: k.item(), MinItems: 1}
	case TypeListOrOne:
		return &schema{AnyOf: []*schema{k.item(), {Type: "array", Items: k.item(), MinItems: 1}}}
	case TypeListOrComma:
		one := strings.TrimSuffix(strings.TrimPrefix(k.Pattern, "^"), "$")
		separated := &schema{Type: "string", Pattern: `^\s*` + one + `\s*(,\s*` + one + `\s*)*$`}
		return anyOf(separated, &schema{Type: "array", Items: k.item(), MinItems: 1})
	default:
		return k.text(k.Required || k.Type == TypePath)
	}
}

// item is the schema of one element of a list.
func (k Key) item() *schema { return k.text(true) }

// text is the schema of a string, which may be of a pattern or must not be blank. A variable is not blank; a pattern
// may rule it out.
func (k Key) text(needed bool) *schema {
	switch {
	case k.Pattern != "":
		return anyOf(&schema{Type: "string", Pattern: k.Pattern})
	case needed:
		return &schema{Type: "string", Pattern: notBlankPattern}
	default:
		return &schema{Type: "string"}
	}
}

// anyOf is one of the alternatives, or a variable that stands for one.
func anyOf(alternatives ...*schema) *schema {
	return &schema{AnyOf: append(slices.Clip(alternatives), &schema{Ref: variableRef})}
}
