package registry

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// The bounds of what one schema may refer to, directly and by others.
const (
	maxReferences  = 500
	maxDepth       = 50
	maxSchemaBytes = 16 << 20
)

// resolution resolves the references of one schema.
type resolution struct {
	client *Client
	// schemas are those that are resolved. The value of one that is being resolved is nil.
	schemas map[subjectVersion]*Schema
	names   map[string]subjectVersion
	bytes   int
}

type subjectVersion struct {
	subject string
	version int
}

// resolve returns a schema with all that it refers to.
func (c *Client) resolve(ctx context.Context, wire *wireSchema) (*Schema, error) {
	r := &resolution{client: c, schemas: map[subjectVersion]*Schema{}, names: map[string]subjectVersion{}}
	return r.schema(ctx, wire, 0)
}

func (r *resolution) schema(ctx context.Context, wire *wireSchema, depth int) (*Schema, error) {
	if r.bytes += len(wire.Schema); r.bytes > maxSchemaBytes {
		return nil, r.refuse("the schema and its references have more than %d MiB", maxSchemaBytes>>20)
	}
	if depth > maxDepth {
		return nil, r.refuse("its references are nested more than %d deep", maxDepth)
	}
	s := &Schema{Type: typeOf(wire.Type), Text: wire.Schema}
	for _, ref := range wire.References {
		target, err := r.reference(ctx, ref, depth)
		if err != nil {
			return nil, fmt.Errorf("reference %s: %w", ref.Name, err)
		}
		s.References = append(s.References, Reference{Name: ref.Name, Subject: ref.Subject, Version: ref.Version, Schema: target})
	}
	return s, nil
}

// reference returns the schema that a reference names.
func (r *resolution) reference(ctx context.Context, ref wireReference, depth int) (*Schema, error) {
	to := subjectVersion{ref.Subject, ref.Version}
	if other, is := r.names[ref.Name]; is && other != to {
		return nil, r.refuse("it is both subject %s, version %d, and subject %s, version %d", other.subject, other.version, to.subject, to.version)
	}
	r.names[ref.Name] = to
	switch s, is := r.schemas[to]; {
	case s != nil:
		return s, nil
	case is:
		return nil, r.refuse("subject %s, version %d, refers to itself", to.subject, to.version)
	case len(r.schemas) == maxReferences:
		return nil, r.refuse("the schema has more than %d references", maxReferences)
	case to.version < 1:
		return nil, r.refuse("version %d of subject %s is no version", to.version, to.subject)
	}
	r.schemas[to] = nil
	wire, err := r.client.version(ctx, to.subject, strconv.Itoa(to.version))
	if err != nil {
		return nil, err
	}
	s, err := r.schema(ctx, &wire.wireSchema, depth+1)
	if err != nil {
		return nil, err
	}
	r.schemas[to] = s
	return s, nil
}

// refuse is the error of references that are not followed.
func (*resolution) refuse(format string, args ...any) error {
	return classified(&registryError{kind: ErrInvalid, message: fmt.Sprintf(format, args...)})
}

// typeOf reads the name of a language. Registries leave out that of Avro.
func typeOf(name string) Type {
	if name == "" {
		return Avro
	}
	return Type(strings.ToUpper(name))
}

// Dependencies returns all that the schema refers to, directly and by others. Each is there once, and behind those that it refers to.
func (s *Schema) Dependencies() []Reference {
	var (
		all   []Reference
		seen  = map[string]bool{}
		visit func(*Schema)
	)
	visit = func(s *Schema) {
		for _, ref := range s.References {
			if seen[ref.Name] {
				continue
			}
			seen[ref.Name] = true
			visit(ref.Schema)
			all = append(all, ref)
		}
	}
	visit(s)
	return all
}

// Texts returns the texts of all that the schema refers to, by the names that it uses.
func (s *Schema) Texts() map[string]string {
	texts := map[string]string{}
	for _, ref := range s.Dependencies() {
		texts[ref.Name] = ref.Schema.Text
	}
	return texts
}
