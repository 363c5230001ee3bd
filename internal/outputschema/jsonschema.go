package outputschema

import (
	"encoding/json"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/lookupext"
)

// deriveJSON makes a JSON Schema. What is not known is any value.
func deriveJSON(root *value, cfg Config) (*Schema, error) {
	schema := jsonOf(root)
	schema["$schema"], schema["title"] = "http://json-schema.org/draft-07/schema#", cfg.Name
	text, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		return nil, err
	}
	return &Schema{Format: format.JSONSchema, Text: string(text), Name: cfg.Name}, nil
}

type keywords = map[string]any

func jsonOf(v *value) keywords {
	var made keywords
	switch v.kind {
	case object:
		made = keywords{"type": "object"}
		properties, names := keywords{}, []string{}
		for _, f := range v.fields {
			properties[f.name] = jsonOf(f.value)
			names = append(names, f.name)
		}
		if len(names) > 0 {
			made["properties"], made["required"] = properties, names
		}
	case list:
		made = keywords{"type": "array", "items": jsonOf(v.item)}
	case column:
		made = jsonColumn(v.column)
	default:
		return keywords{}
	}
	if v.nullable {
		addNull(made)
	}
	return made
}

func addNull(to keywords) {
	switch kind := to["type"].(type) {
	case string:
		to["type"] = []string{kind, "null"}
	case []string:
		to["type"] = append(kind, "null")
	}
}

// jsonColumn has what the JSON of a column looks like. A number that JSON has none for, such as NaN, is a string.
func jsonColumn(c lookupext.ColumnType) keywords {
	switch c.Kind {
	case lookupext.Boolean:
		return keywords{"type": "boolean"}
	case lookupext.Integer, lookupext.Bigint:
		return keywords{"type": "integer"}
	case lookupext.Numeric, lookupext.Real, lookupext.Double:
		return keywords{"type": []string{"number", "string"}}
	case lookupext.UUID:
		return keywords{"type": "string", "format": "uuid"}
	case lookupext.Bytes:
		return keywords{"type": "string", "contentEncoding": "base64"}
	case lookupext.Date:
		return keywords{"type": "string", "format": "date"}
	case lookupext.Timestamptz:
		return keywords{"type": "string", "format": "date-time"}
	case lookupext.Array:
		item := jsonColumn(*c.Item)
		addNull(item)
		return keywords{"type": "array", "items": item}
	case lookupext.Text, lookupext.Time, lookupext.Timestamp:
		return keywords{"type": "string"}
	default:
		return keywords{}
	}
}
