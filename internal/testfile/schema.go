package testfile

import (
	_ "embed"
	"slices"
)

//go:embed schema.json
var schema []byte

// Schema returns the JSON Schema (2020-12) of a test file, as indented JSON. What Parse accepts is valid; what takes more
// than one key to judge is left to Parse.
func Schema() []byte { return slices.Clone(schema) }
