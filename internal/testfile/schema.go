package testfile

import (
	_ "embed"
	"slices"
)

//go:embed schema.json
var schema []byte

// Schema returns the JSON Schema (2020-12) of a test file, as indented JSON. Every file that Parse accepts is valid.
// Rules about more than one key are left to Parse.
func Schema() []byte { return slices.Clone(schema) }
