package devregistry

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/loaderline/loaderline/internal/codec"
	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/registry"
)

// FileError says that a file is not a schema that can be registered.
type FileError struct{ Err error }

// Error implements error.
func (e *FileError) Error() string { return e.Err.Error() }

// Unwrap gives the reason.
func (e *FileError) Unwrap() error { return e.Err }

// RegisterFile registers the schema of a file under a subject: an .avsc file is Avro, and a .json file JSON Schema. If the file is neither,
// the error is a *FileError.
func (r *Registry) RegisterFile(ctx context.Context, subject, file string) error {
	s, err := readSchema(file)
	if err != nil {
		return &FileError{fmt.Errorf("read the schema of subject %s: %w", subject, err)}
	}
	client, err := registry.Open(registry.Config{URLs: []string{r.url}})
	if err != nil {
		return fmt.Errorf("register the schema in %s: %w", file, err)
	}
	defer client.Close()
	if _, err := client.Register(ctx, subject, s, false); err != nil {
		return fmt.Errorf("register the schema in %s: %w", file, err)
	}
	return nil
}

// readSchema reads a schema that refers to no other schemas.
func readSchema(file string) (*registry.Schema, error) {
	s, is := &registry.Schema{Type: registry.Avro}, format.Avro
	switch filepath.Ext(file) {
	case ".avsc":
	case ".json":
		s.Type, is = registry.JSON, format.JSONSchema
	default:
		return nil, fmt.Errorf("%s is neither Avro nor JSON Schema: write a file whose name ends in .avsc or .json, and register other schemas with the registry's API", file)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if _, err := codec.ReadFile(is, file, "", format.Options{}); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	s.Text = string(text)
	return s, nil
}
