package jsonschema_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/format/jsonschema"
)

// compile compiles a schema that must be accepted.
func compile(t *testing.T, text string, references map[string]string) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.Compile(text, references)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const order = `{
	"$schema": "http://json-schema.org/draft-07/schema#", "title": "Order", "type": "object", "required": ["id"],
	"properties": {
		"id": {"type": "integer", "minimum": 1}, "items": {"type": "array", "items": {"$ref": "#/definitions/item"}, "uniqueItems": true},
		"total": {"multipleOf": 0.01}, "when": {"format": "date-time"}, "parent": {"$ref": "#"}, "state": {"enum": ["new", "paid"]},
		"either": {"anyOf": [{"type": "string"}, {"type": "null"}]},
		"one": {"oneOf": [{"type": "integer"}, {"minimum": 3}]}, "no": {"not": {"type": "string"}}
	},
	"definitions": {"item": {"type": "object", "additionalProperties": false, "properties": {"price": {"type": "number"}}}}
}`

func TestValidate(t *testing.T) {
	t.Parallel()
	s := compile(t, order, nil)
	if s.Title() != "Order" {
		t.Errorf("the title is %q", s.Title())
	}
	for text, want := range map[string]string{
		`{"id": 1, "items": [{"price": 1.5}, {"price": 2}], "total": 12345678901234567890.12, "parent": {"id": 2}, "extra": null}`: "",
		`{"id": 1, "either": null, "when": "2026-11-29T15:00:00Z", "state": "paid"}`:                                               "",
		`{"id": 1.0}`: "",
		`{}`:          "it is not what its JSON Schema says: the value: missing property 'id'",
		`[]`:          "the value: got array, want object",
		`{"id": "1"}`: "id: got string, want integer",
		`{"id": 0}`:   "id: minimum: got 0, want 1",
		`{"id": 1, "items": [{"price": 1}, {"price": "2"}]}`:     "items[1].price: got string, want number",
		`{"id": 1, "items": [{"cost": 1}]}`:                      "items[0]: additional properties 'cost' not allowed",
		`{"id": 1, "items": [{"price": 1}, {"price": 1.0}]}`:     "items: items at 0 and 1 are equal",
		`{"id": 1, "total": 0.001}`:                              "total: multipleOf: got 0.001, want 0.01",
		`{"id": 1, "when": "yesterday"}`:                         "when: 'yesterday' is not valid date-time",
		`{"id": 1, "parent": {"parent": {"id": 1}}}`:             "parent: missing property 'id'",
		`{"id": 1, "state": "lost"}`:                             "state: value must be one of 'new', 'paid'",
		`{"id": 1, "either": 5}`:                                 "either: none of the choices of anyOf fits",
		`{"id": "a", "state": 1, "total": 0.001, "either": 1}`:   "; and 1 more",
		`{"id": 1, "state": "` + strings.Repeat("é", 500) + `"}`: "state: ",
		`{"id": 1, "one": 5}`:                                    "one: more than one choice of oneOf fits",
		`{"id": 1, "one": 1.5}`:                                  "one: none of the choices of oneOf fits",
		`{"id": 1, "no": ""}`:                                    "no: it is what not excludes",
		`{"id": 1`:                                               "is not JSON",
		`{"id": 1} {}`:                                           "the text is more than one JSON value",
		`{"id": 1, "id": 2}`:                                     "byte 10: has a name that the object has twice",
		`{"id": 1e1001}`:                                         "byte 7, field id: has an exponent beyond 1000",
		`{"id": 1e99999999999}`:                                  "has an exponent beyond 1000",
		`{"total": -1E-1000000}`:                                 "field total: has an exponent beyond 1000",
		``:                                                       "is not JSON",
		strings.Repeat(`{"parent":`, 400) + `{"id":1}` + strings.Repeat(`}`, 400): "missing property 'id'",
		strings.Repeat(`[`, 100_000): "nested more than 500 levels deep",
	} {
		err := s.Validate([]byte(text))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, want %q", text, err, want)
		}
		if err != nil && len(err.Error()) > 2000 {
			t.Errorf("%.80s: the error has %d bytes", text, len(err.Error()))
		}
	}
}

// A reference is found by its whole URL, and by the end of it where the $ref is relative.
func TestReferences(t *testing.T) {
	t.Parallel()
	integer := `{"type": "integer"}`
	for name, c := range map[string]struct {
		text string
		refs map[string]string
	}{
		"relative":        {`{"properties": {"n": {"$ref": "n.json"}}}`, map[string]string{"n.json": integer}},
		"relative to $id": {`{"$id": "https://example.com/a/order.json", "properties": {"n": {"$ref": "n.json"}}}`, map[string]string{"n.json": integer}},
		"whole":           {`{"properties": {"n": {"$ref": "https://example.com/n.json"}}}`, map[string]string{"https://example.com/n.json": integer}},
		"the longest name": {
			`{"properties": {"n": {"$ref": "b/n.json"}}}`, map[string]string{"b/n.json": integer, "n.json": `{"type": "string"}`},
		},
		"a part of it": {`{"properties": {"n": {"$ref": "n.json#/definitions/n"}}}`, map[string]string{"n.json": `{"definitions": {"n": {"type": "integer"}}}`}},
		"through another": {
			`{"properties": {"n": {"$ref": "m.json"}}}`, map[string]string{"m.json": `{"$ref": "n.json"}`, "n.json": integer},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := compile(t, c.text, c.refs)
			if err := s.Validate([]byte(`{"n": 5}`)); err != nil {
				t.Error(err)
			}
			if err := s.Validate([]byte(`{"n": "5"}`)); err == nil {
				t.Error("a string was accepted")
			}
		})
	}
}

func TestSchemasThatAreRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{`:                                      "it is no JSON Schema: ",
		`{"type": "thing"}`:                      "the JSON Schema cannot be used: ",
		`{"type": 5}`:                            "the JSON Schema cannot be used: ",
		`5`:                                      "the JSON Schema cannot be used: ",
		`{"pattern": "("}`:                       "the JSON Schema cannot be used: ",
		`{"$ref": "n.json"}`:                     "the JSON Schema refers to n.json, which is none of its references; register it",
		`{"$ref": "https://example.com/n.json"}`: "the JSON Schema refers to https://example.com/n.json",
		`{"$ref": "file:///etc/passwd"}`:         "the JSON Schema refers to file:///etc/passwd",
		`{"$schema": "https://example.com/draft"}`:                               "the JSON Schema refers to https://example.com/draft",
		strings.Repeat(`{"not":`, 100_000) + `{}` + strings.Repeat(`}`, 100_000): "nested more than 500 levels deep",
	} {
		if _, err := jsonschema.Compile(text, map[string]string{"m.json": `{}`}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, want %q", text, err, want)
		}
	}
	if _, err := jsonschema.Compile(`{}`, map[string]string{"m.json": `{`}); err == nil || !strings.Contains(err.Error(), "reference m.json") {
		t.Errorf("a broken reference: %v", err)
	}
}

// A schema without $schema is draft 7: definitions, and items as a list.
func TestDraft7IsTheDefault(t *testing.T) {
	t.Parallel()
	s := compile(t, `{"items": [{"type": "integer"}]}`, nil)
	if err := s.Validate([]byte(`["a"]`)); err == nil {
		t.Error("items as a list were ignored")
	}
	if s.Title() != "" {
		t.Errorf("the title is %q", s.Title())
	}
	compile(t, `true`, nil)
}

// A schema that refers to itself without end is an error of each value, and no stack overflow.
func TestASchemaThatIsItself(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"$ref": "#"}`, `{"allOf": [{"$ref": "#"}]}`, `{"anyOf": [{"$ref": "#/definitions/a"}], "definitions": {"a": {"$ref": "#"}}}`} {
		s, err := jsonschema.Compile(text, nil)
		if err == nil {
			err = s.Validate([]byte(`5`))
		}
		if err == nil {
			t.Errorf("%s accepted a value", text)
		}
	}
}

// What is valid is JSON, and no text makes a panic.
func FuzzValidate(f *testing.F) {
	f.Add([]byte(order), []byte(`{"id": 1, "items": [{"price": 1}], "total": 5e-324, "when": "x"}`))
	f.Add([]byte(`{"multipleOf": 0, "maximum": 1e400}`), []byte(`1e400`))
	f.Add([]byte(`{"pattern": "^(a+)+$", "format": "regex"}`), []byte(`"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"`))
	f.Fuzz(func(t *testing.T, schema, text []byte) {
		s, err := jsonschema.Compile(string(schema), nil)
		if err != nil {
			return
		}
		if err := s.Validate(text); err == nil && !json.Valid(text) {
			t.Errorf("%q is valid", text)
		}
	})
}

func BenchmarkValidate(b *testing.B) {
	s, err := jsonschema.Compile(order, nil)
	if err != nil {
		b.Fatal(err)
	}
	text := []byte(`{"id": 1, "items": [{"price": 1.5}, {"price": 2}], "total": 12.34, "parent": {"id": 2}}`)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Validate(text); err != nil {
			b.Fatal(err)
		}
	}
}
