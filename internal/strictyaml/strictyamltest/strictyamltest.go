// Package strictyamltest has what the tests of all kinds of files need: the problems in an error, and JSON Schemas as a
// validator by others reads them.
package strictyamltest

import (
	"bytes"
	"errors"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/loaderline/loaderline/internal/strictyaml"
	"github.com/loaderline/loaderline/internal/yamljson"
)

// Problems returns the parts of a joined error, which all must be *strictyaml.Error.
func Problems(t *testing.T, err error) []*strictyaml.Error {
	t.Helper()
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("not a joined error: %v", err)
	}
	var list []*strictyaml.Error
	for _, e := range joined.Unwrap() {
		p, ok := errors.AsType[*strictyaml.Error](e)
		if !ok {
			t.Fatalf("not an *Error: %v", e)
		}
		list = append(list, p)
	}
	return list
}

// Fataler is a *testing.T or a *rapid.T.
type Fataler interface {
	Helper()
	Fatal(args ...any)
}

// Unmarshal returns JSON as the validator takes it.
func Unmarshal(t Fataler, text []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// UnmarshalYAML returns YAML as the validator takes it. It does not use the parser of strictyaml.
func UnmarshalYAML(t *testing.T, text []byte) any {
	t.Helper()
	data, err := yamljson.Convert(text)
	if err != nil {
		t.Fatal(err)
	}
	return Unmarshal(t, data)
}

// Compile returns the validator for a JSON Schema.
func Compile(t *testing.T, schema []byte) *jsonschema.Schema {
	t.Helper()
	const name = "file.schema.json"
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(name, Unmarshal(t, schema)); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}
