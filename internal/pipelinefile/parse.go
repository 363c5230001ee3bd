package pipelinefile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

const (
	// maxFileBytes bounds the pipeline file and each file of ${file:PATH}.
	maxFileBytes = 1 << 20
	// maxTokens bounds the work on a file: the YAML library takes time that
	// grows with the square of the number of keys.
	maxTokens = 50_000
	// maxDepth bounds nesting, and with it the stack of the YAML library.
	maxDepth = 32
)

// Options are what a pipeline file may refer to. The zero value refers to the
// process's environment and to files relative to the working directory.
type Options struct {
	// Getenv returns an environment variable and whether it is set. Defaults
	// to os.LookupEnv.
	Getenv func(name string) (value string, set bool)
	// ReadFile returns the content of a file of ${file:PATH}. Defaults to
	// reading it from disk, at most 1 MiB.
	ReadFile func(path string) ([]byte, error)
	// Unset stands for a variable that is not set and has no default: a text
	// that is checked no further. Empty: that is an error.
	Unset string
	// Dir is the folder that paths in the file are relative to.
	Dir string
}

// Load reads and parses the pipeline file at path. Paths in it are relative to
// its folder, and variables come from the process's environment.
func Load(path string) (*File, error) {
	data, err := readBounded(path, maxFileBytes+1)
	if err != nil {
		return nil, fmt.Errorf("read the pipeline file: %w", err)
	}
	return Parse(path, data, Options{Dir: filepath.Dir(path)})
}

// Parse parses the content of a pipeline file; name is what errors call it. It
// returns the file with every default applied, or all of the file's problems,
// joined by errors.Join, each an [*Error], in the order of the file.
func Parse(name string, data []byte, opts Options) (*File, error) {
	if opts.Getenv == nil {
		opts.Getenv = os.LookupEnv
	}
	if opts.ReadFile == nil {
		opts.ReadFile = func(path string) ([]byte, error) { return readRegular(path, maxFileBytes+1) }
	}
	d := newDecoder(name, opts)
	if root, ok := d.document(data); ok {
		d.decode(root)
		d.check()
	}
	if err := join(d.problems); err != nil {
		return nil, err
	}
	return d.file, nil
}

// readBounded reads at most limit bytes of a file.
func readBounded(path string, limit int64) (data []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, limit))
}
