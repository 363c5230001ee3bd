package strictyaml

import (
	"os"
	"path/filepath"
)

// Options say what a file may refer to. The zero value refers to the process's environment and to files relative to the
// working directory.
type Options struct {
	// Getenv returns an environment variable and whether it is set. Defaults to os.LookupEnv.
	Getenv func(name string) (value string, set bool)
	// ReadFile returns the content of a file of ${file:PATH}. By default it reads a regular file from disk, at most 1 MiB.
	ReadFile func(path string) ([]byte, error)
	// Unset is the text for a variable that is not set and has no default. A text that holds it is not checked against
	// Key.Pattern. If it is empty, such a variable is an error.
	Unset string
	// Dir is the folder that paths in the file are relative to.
	Dir string
}

func (o Options) withDefaults() Options {
	if o.Getenv == nil {
		o.Getenv = os.LookupEnv
	}
	if o.ReadFile == nil {
		o.ReadFile = readRegular
	}
	return o
}

// path joins a relative path with the folder of the file.
func (o Options) path(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(o.Dir, path)
}
