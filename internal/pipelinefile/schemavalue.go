package pipelinefile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
)

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
	case TypeIntegers:
		return &schema{Type: "array", Items: anyOf(number), MinItems: 1}
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
