package pipelinefile

import (
	"fmt"
	"path/filepath"

	"github.com/loaderline/loaderline/internal/strictyaml"
)

// Options say what a pipeline file may refer to.
type Options = strictyaml.Options

// Load reads and parses the pipeline file at path. Paths in it are relative to its folder, and variables come from the
// process's environment.
func Load(path string) (*File, error) {
	data, err := strictyaml.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the pipeline file: %w", err)
	}
	return Parse(path, data, Options{Dir: filepath.Dir(path)})
}

// Parse parses the content of a pipeline file; name is what errors call it. It returns the file with every default applied,
// or all problems of the file in its order, joined, each a [*strictyaml.Error].
func Parse(name string, data []byte, opts Options) (*File, error) {
	file := &File{}
	document, err := schema().Decode(name, data, file, opts)
	if err != nil {
		return nil, err
	}
	file.document = document
	(&checker{Document: document, file: file, dir: opts.Dir}).check()
	if err := document.Err(); err != nil {
		return nil, err
	}
	return file, nil
}
