package pipelinefile

import "github.com/loaderline/loaderline/internal/strictyaml"

// schema describes the pipeline file.
func schema() *strictyaml.Schema {
	return &strictyaml.Schema{
		Kind: "pipeline", Title: "A pipeline of loaderline", Keys: Keys(),
		NotVariables: map[string]string{"keys": "the keys of a lookup are $keys, without braces"},
	}
}

// Schema returns the JSON Schema (2020-12) of the pipeline file, as indented JSON. It follows [Keys]. Every file that Parse
// accepts is valid. Rules about more than one key are left to Parse.
func Schema() ([]byte, error) { return schema().JSONSchema() }
