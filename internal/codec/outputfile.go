package codec

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/jsonschema"
	"github.com/loaderline/loaderline/internal/registry"
)

// ReadOutputFile reads the schema of all outputs from a file. For Protobuf, message is the name of their message type, and may be empty if the
// file has one alone. registered says that the registry is to have the schema. It then has no imports, since nothing says under which subjects
// these are.
func ReadOutputFile(f format.Format, name, message string, registered bool) (*OutputSchema, error) {
	text, err := readText(name)
	if err != nil {
		return nil, err
	}
	if registered && f == format.Protobuf {
		for _, found := range imports.FindAllStringSubmatch(text, -1) {
			if !strings.HasPrefix(found[1], "google/protobuf/") {
				return nil, fmt.Errorf("%s imports %s, and nothing says under which subject the registry has that; register the schema, and write output.schema.subject", filepath.Base(name), found[1])
			}
		}
	}
	s, err := ReadFile(f, name, message, format.Options{})
	if err != nil {
		return nil, err
	}
	made := &OutputSchema{Registered: registry.Schema{Type: types[f], Text: text}}
	if err := made.take(s, nil); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	return made, nil
}

// OutputSubject returns a version of a subject as the schema of all outputs. A version of zero is the latest. Its error is that of the registry,
// or of the schema.
func OutputSubject(ctx context.Context, client *registry.Client, f format.Format, subject string, version int, message string) (*OutputSchema, error) {
	find := client.Latest
	if version > 0 {
		find = func(ctx context.Context, subject string) (*registry.Registered, error) {
			return client.Version(ctx, subject, version)
		}
	}
	found, err := find(ctx, subject)
	if err != nil {
		return nil, err
	}
	s, err := compile(f, found.Schema, format.Options{})
	if err != nil {
		return nil, fmt.Errorf("subject %s: %w", subject, err)
	}
	if s.Protobuf != nil {
		if err := s.take(message); err != nil {
			return nil, fmt.Errorf("subject %s: %w", subject, err)
		}
	}
	made := &OutputSchema{Registered: *found.Schema, ID: found.ID, GUID: found.GUID}
	if err := made.take(s, found.Schema.Texts()); err != nil {
		return nil, fmt.Errorf("subject %s: %w", subject, err)
	}
	return made, nil
}

// take takes the compiled schema. references are the texts that a JSON Schema refers to, by their names.
func (o *OutputSchema) take(s *Schema, references map[string]string) error {
	switch {
	case s.Avro != nil:
		o.avro, o.Name = s.Avro, s.Avro.Name()
	case s.Protobuf != nil:
		o.message, o.Name = s.message.Message, s.message.Name()
	default:
		compiled, err := jsonschema.Compile(o.Registered.Text, references)
		if err != nil {
			return err
		}
		o.json, o.Name = compiled, compiled.Title()
	}
	return nil
}
