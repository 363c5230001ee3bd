package strictyaml_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/loaderline/loaderline/internal/strictyaml"
	"github.com/loaderline/loaderline/internal/strictyaml/strictyamltest"
)

// validator is the JSON Schema of a shop file as an independent validator reads it.
func validator(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := shopSchema().JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	return strictyamltest.Compile(t, text)
}

// Whatever Decode accepts is valid, and the schema refuses what JSON Schema can express.
func TestJSONSchema(t *testing.T) {
	t.Parallel()
	compiled := validator(t)
	for line, valid := range map[string]bool{
		"text: a": true, "text: 1": false, "level: high": true, "level: other": false, "level: ${SECRET}": false,
		"since: ever": true, "since: 2026-01-02T03:04:05Z": true, "since: never": false, "folder: a": true, "folder: ''": false,
		"tags: [a]": true, "tags: a": false, "owners: a": true, "owners: []": false, "hosts: 'a:1, b:2'": true, "hosts: [a]": false,
		"codes: [404]": true, "codes: [500]": false, "token: a": true, "headers: {a: b}": true, "classes: {a: low}": true, "classes: {a: middle}": false,
		"limits: {workers: 300}": false, "limits: {share: 10%, memory: 1KiB, wait: 0}": true, "limits: {other: 1}": false,
		"backup: {path: a}": true, "backup: {}": false, "tls: true": true, "tls: {ca: a}": true, "tls: 1": false,
		"label: {a: [b, {c: 1.5}, [], {}], d: null}": true, "label: event": true, "label: ''": false, "label: {a: ' '}": false, "sum: 1": true, "sum: [1]": false,
		"columns: {a: b, c: true}": true, "columns: [a]": false, "columns: {a: {b: c}}": false,
		"prices: [{amount: 1}]": true, "prices: [{}]": false,
	} {
		text := least + line + "\n"
		_, _, refused := decode(t, text, world())
		json, err := parse(t, text).JSON()
		if err != nil {
			t.Fatal(err)
		}
		invalid := compiled.Validate(strictyamltest.Unmarshal(t, json))
		if (refused == nil) != valid || (invalid == nil) != valid && !strings.Contains(line, "${") {
			t.Errorf("%s: the reader says %v, the schema %v", line, refused, invalid)
		}
	}
	for _, names := range []string{"{floor: {of: a}}", "{Top: {of: a}}", "{}"} {
		text := "name: corner\nshelves: " + names + "\n"
		json, err := parse(t, text).JSON()
		if err != nil {
			t.Fatal(err)
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(json))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, refused := decode(t, text, world()); refused == nil || compiled.Validate(document) == nil {
			t.Errorf("%s is accepted", names)
		}
	}
}

// A default or an example that is no YAML is an error of the table.
func TestJSONSchemaOfAWrongTable(t *testing.T) {
	t.Parallel()
	for _, key := range []strictyaml.Key{{Path: "a", Type: strictyaml.TypeString, Default: "[a"}, {Path: "a", Type: strictyaml.TypeString, Example: "[a"}} {
		_, err := (&strictyaml.Schema{Kind: "note", Keys: []strictyaml.Key{key}}).JSONSchema()
		if err == nil || !strings.HasPrefix(err.Error(), "schema of the note file: a: ") {
			t.Errorf("got %v", err)
		}
	}
}
