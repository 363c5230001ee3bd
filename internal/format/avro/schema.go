package avro

import (
	"errors"
	"fmt"
	"sync"

	"github.com/twmb/avro"
)

// maxSchemaBytes bounds the text of a schema and of its references. Registries store at most about a megabyte.
const maxSchemaBytes = 4 << 20

// Reference is another schema, whose named types a schema uses.
type Reference struct {
	Name string // for errors: the name by which a registry refers to it
	Text string
}

// Schema is a parsed schema. It is never changed, and safe for concurrent use.
type Schema struct {
	root   *node
	text   string
	parsed func() (*avro.Schema, error) // by the library, for what the transcoders do not need
	own    func() string                // the canonical text
}

// names are those that a registry accepts: some accept what the specification does not, and data that was written so has to be readable.
var names = avro.WithLaxNames(nil)

// Parse parses a schema. Each of its references may use those before it.
func Parse(text string, references ...Reference) (*Schema, error) {
	var cache avro.SchemaCache
	size := len(text)
	for _, r := range references {
		if size += len(r.Text); size > maxSchemaBytes {
			break
		}
		if _, err := cache.Parse(r.Text, names); err != nil {
			return nil, fmt.Errorf("parse the referenced Avro schema %s: %w", r.Name, err)
		}
	}
	if size > maxSchemaBytes {
		return nil, fmt.Errorf("parse the Avro schema: it has more than %d MiB with its references", maxSchemaBytes>>20)
	}
	parsed, err := cache.Parse(text, names)
	if err != nil {
		return nil, fmt.Errorf("parse the Avro schema: %w", err)
	}
	if len(references) > 0 {
		// The library writes the referenced definitions into the text, so that it stands alone from here on.
		if parsed, err = parsed.Root().Schema(names); err != nil {
			return nil, fmt.Errorf("parse the Avro schema with its references: %w", err)
		}
	}
	root, err := newNodes(parsed.Root())
	if err != nil {
		return nil, fmt.Errorf("parse the Avro schema: %w", err)
	}
	s := newSchema(root)
	s.text = parsed.String()
	s.parsed = func() (*avro.Schema, error) { return parsed, nil }
	return s, nil
}

func newSchema(root *node) *Schema {
	return &Schema{root: root, own: sync.OnceValue(func() string { return canonical(root) })}
}

// Text is the schema as JSON, references included, with documentation, defaults and aliases.
func (s *Schema) Text() string { return s.text }

// Canonical is the schema's parsing canonical form with its logical types, which the specification's own form leaves out. Two schemas
// with the same canonical text write the same bytes and mean the same by them.
func (s *Schema) Canonical() string { return s.own() }

// Same says that the bytes of a value of one schema are those of the same value of the other, so that they can be copied.
func (s *Schema) Same(other *Schema) bool {
	return s.root == other.root || s.Canonical() == other.Canonical()
}

// Name is the full name of a record, enum or fixed, and empty for other types.
func (s *Schema) Name() string { return s.root.name }

// Fields are the names of a record's fields in the order in which their values follow each other, and none for other types.
func (s *Schema) Fields() []string {
	names := make([]string, len(s.root.fields))
	for i := range s.root.fields {
		names[i] = s.root.fields[i].name
	}
	return names
}

// Field is the schema of a record's field. The encoding of a record is that of its fields, one behind the other, so that it can be put
// together from parts.
func (s *Schema) Field(name string) (*Schema, bool) {
	i, ok := s.root.fieldIndex([]byte(name))
	if !ok {
		return nil, false
	}
	return subSchema(s.root.fields[i].node), true
}

// Compatible returns nil if data of the writer's schema can be read by the reader's, and otherwise what cannot.
func Compatible(reader, writer *Schema) error {
	r, err := reader.parsed()
	if err != nil {
		return err
	}
	w, err := writer.parsed()
	if err != nil {
		return err
	}
	err = avro.CheckCompatibility(w, r)
	if incompatible, ok := errors.AsType[*avro.CompatibilityError](err); ok {
		return fmt.Errorf("the schema cannot read data of the other: %w", incompatible)
	}
	return err
}
