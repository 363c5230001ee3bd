package strictyaml

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
)

// yamlValue returns a value of the table of keys, read as a file is.
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
func (keys schemaKeys) value(k Key) (*jsonSchema, error) {
	switch k.Type {
	case TypeSection:
		return keys.section(k.Path)
	case TypeSwitch:
		section, err := keys.section(k.Path)
		return anyOf(&jsonSchema{Type: "boolean"}, section), err
	case TypeNames:
		section, err := keys.section(k.Path + ".*")
		return &jsonSchema{
			Type:          "object",
			PropertyNames: k.names(),
			MinProperties: 1, AdditionalProperties: section,
		}, err
	case TypeSections:
		section, err := keys.section(k.element().Path)
		return &jsonSchema{Type: "array", Items: section, MinItems: 1}, err
	default:
		return k.leaf(), nil
	}
}

// leaf is the schema of a key that is no mapping.
func (k Key) leaf() *jsonSchema {
	low, high := k.bounds()
	number := &jsonSchema{Type: "integer"}
	if k.Min != 0 || k.Max != 0 {
		number.Minimum, number.Maximum = &low, &high
	}
	switch k.Type {
	case TypeInteger:
		return anyOf(number)
	case TypeBoolean:
		return anyOf(&jsonSchema{Type: "boolean"})
	case TypePercentage:
		return anyOf(&jsonSchema{Type: "string", Pattern: percentPattern})
	case TypeSize:
		return anyOf(&jsonSchema{Type: "string", Pattern: sizePattern}, number)
	case TypeDuration:
		if low > 0 {
			return anyOf(&jsonSchema{Type: "string", Pattern: durationPattern})
		}
		return anyOf(&jsonSchema{Type: "string", Pattern: durationPattern}, &jsonSchema{Const: 0})
	case TypeEnum:
		return anyOf(&jsonSchema{Enum: k.Enum})
	case TypeEnumOrTime:
		return anyOf(&jsonSchema{Enum: k.Enum}, &jsonSchema{Type: "string", Pattern: timePattern})
	case TypeSecrets, TypeEnums:
		return k.scalarsByName()
	case TypeExpression, TypeExpressions, TypeStrings, TypeTemplate:
		return k.expressions()
	case TypeDocument:
		return &jsonSchema{Type: "object", MinProperties: 1}
	case TypeRows, TypeList, TypeIntegers, TypeListOrOne, TypeListOrComma:
		return k.list(number)
	default:
		return k.text(k.Required || k.Type == TypePath)
	}
}

// list is the schema of a key for a list. number is that of an integer.
func (k Key) list(number *jsonSchema) *jsonSchema {
	switch k.Type {
	case TypeRows:
		return &jsonSchema{Type: "array", Items: &jsonSchema{Type: "object"}, MinItems: 1}
	case TypeIntegers:
		return &jsonSchema{Type: "array", Items: anyOf(number), MinItems: 1}
	case TypeListOrOne:
		return &jsonSchema{AnyOf: []*jsonSchema{k.item(), {Type: "array", Items: k.item(), MinItems: 1}}}
	case TypeListOrComma:
		one := strings.TrimSuffix(strings.TrimPrefix(k.Pattern, "^"), "$")
		separated := &jsonSchema{Type: "string", Pattern: `^\s*` + one + `\s*(,\s*` + one + `\s*)*$`}
		return anyOf(separated, &jsonSchema{Type: "array", Items: k.item(), MinItems: 1})
	default:
		return &jsonSchema{Type: "array", Items: k.item(), MinItems: 1}
	}
}

// scalarsByName is the schema of a mapping from names of the user's choice to scalars.
func (k Key) scalarsByName() *jsonSchema {
	value := &jsonSchema{Type: "string"}
	if k.Type == TypeEnums {
		value = anyOf(&jsonSchema{Enum: k.Enum})
	}
	return &jsonSchema{Type: "object", AdditionalProperties: value}
}

// expressions is the schema of a key for one or more expressions.
func (k Key) expressions() *jsonSchema {
	switch k.Type {
	case TypeTemplate:
		return &jsonSchema{Ref: templateRef}
	case TypeExpressions, TypeStrings:
		return &jsonSchema{Type: "object", AdditionalProperties: expressionSchema()}
	default:
		return expressionSchema()
	}
}

// expressionSchema is the schema of an expression.
func expressionSchema() *jsonSchema {
	return &jsonSchema{AnyOf: []*jsonSchema{{Type: "string", Pattern: notBlankPattern}, {Type: "number"}, {Type: "boolean"}, {Type: "null"}}}
}

// templateSchema is the schema of a tree of expressions.
func templateSchema() *jsonSchema {
	s := expressionSchema()
	s.AnyOf = append(s.AnyOf,
		&jsonSchema{Type: "array", Items: &jsonSchema{Ref: templateRef}},
		&jsonSchema{Type: "object", AdditionalProperties: &jsonSchema{Ref: templateRef}})
	return s
}

// names is the schema of the names of a TypeNames.
func (k Key) names() *jsonSchema {
	s := &jsonSchema{Pattern: k.Pattern}
	if len(k.Reserved) > 0 {
		s.Not = &jsonSchema{}
		for _, r := range k.Reserved {
			s.Not.Enum = append(s.Not.Enum, r.Name)
		}
	}
	return s
}

// item is the schema of one element of a list.
func (k Key) item() *jsonSchema { return k.text(true) }

// text is the schema of a string, which may be of a pattern or must not be blank. A variable is not blank; a pattern
// may rule it out.
func (k Key) text(needed bool) *jsonSchema {
	switch {
	case k.Pattern != "":
		return anyOf(&jsonSchema{Type: "string", Pattern: k.Pattern})
	case needed:
		return &jsonSchema{Type: "string", Pattern: notBlankPattern}
	default:
		return &jsonSchema{Type: "string"}
	}
}

// anyOf is one of the alternatives, or a variable that stands for one.
func anyOf(alternatives ...*jsonSchema) *jsonSchema {
	return &jsonSchema{AnyOf: append(slices.Clip(alternatives), &jsonSchema{Ref: variableRef})}
}
