package codec

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/outputschema"
	"github.com/loaderline/loaderline/internal/registry"
)

// Checked is what a registry says of a schema of outputs.
type Checked struct {
	Schema *OutputSchema
	// Subject is empty if outputs have no ID.
	Subject string
	// Registered says that the subject has the schema.
	Registered bool
	// Err says why Prepare would fail, other than that the registry is away.
	Err error
}

// Check returns what Prepare would do for writers, each schema and subject once. It registers nothing. Its error is that of outputschema.Derive,
// or of the registry.
func (e *Encoder) Check(ctx context.Context, writers ...outputschema.Writer) ([]Checked, error) {
	var all []Checked
	seen := map[[2]string]bool{}
	previous, err := e.previous(ctx)
	if err != nil {
		return nil, err
	}
	for _, w := range writers {
		schema, err := e.derive(w, previous)
		if err != nil {
			return nil, err
		}
		for _, topic := range e.cfg.Topics {
			c := Checked{Schema: schema}
			if e.cfg.ID != NoIDAtAll && schema.ID == (schemaid.ID{}) {
				if c.Subject, err = registry.SubjectName(e.cfg.Subject, topic, schema.Name, schemaid.Value); err != nil {
					return nil, err
				}
				c.Registered, c.Err = e.check(ctx, c.Subject, schema)
			}
			if key := [2]string{c.Subject, schema.Registered.Text}; !seen[key] {
				seen[key], all = true, append(all, c)
			}
			if errors.Is(c.Err, registry.ErrAway) || errors.Is(c.Err, registry.ErrUnauthorized) || errors.Is(c.Err, registry.ErrWrongURL) {
				return nil, c.Err
			}
		}
	}
	return all, nil
}

// check reports whether a subject has a schema, and why it cannot get it.
func (e *Encoder) check(ctx context.Context, subject string, s *OutputSchema) (registered bool, err error) {
	_, err = e.cfg.Registry.Lookup(ctx, subject, &s.Registered, e.cfg.Normalize)
	unknown := errors.Is(err, registry.ErrUnknownSchema) || errors.Is(err, registry.ErrUnknownSubject)
	if !unknown || !e.cfg.Register {
		return err == nil, err
	}
	return false, e.cfg.Registry.Compatible(ctx, subject, &s.Registered)
}

// Text is the schema on several lines.
func (o *OutputSchema) Text() string {
	var indented bytes.Buffer
	if o.Registered.Type != registry.Protobuf && json.Indent(&indented, []byte(o.Registered.Text), "", "  ") == nil {
		return indented.String()
	}
	return o.Registered.Text
}
