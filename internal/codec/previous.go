package codec

import (
	"context"
	"errors"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/protobuf"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/registry"
)

// previous returns the latest schema of the subject of outputs, from which a derived message takes its field numbers. It returns nil if there is
// none, and for other schemas. With several output topics the subject is that of the first.
func (e *Encoder) previous(ctx context.Context) (*protobuf.Schema, error) {
	if e.cfg.Given != nil || e.cfg.Derive.Format != format.Protobuf || e.cfg.ID == NoIDAtAll || e.cfg.ReadBack {
		return nil, nil //nolint:nilnil // No schema needs no numbers.
	}
	subject, err := registry.SubjectName(e.cfg.Subject, e.cfg.Topics[0], e.cfg.Derive.FullName(), schemaid.Value)
	if err != nil {
		return nil, err
	}
	latest, err := e.cfg.Registry.Latest(ctx, subject)
	switch {
	case errors.Is(err, registry.ErrUnknownSubject), errors.Is(err, registry.ErrUnknownVersion):
		return nil, nil //nolint:nilnil // It is the first one.
	case err != nil:
		return nil, err
	}
	compiled, err := compile(format.Protobuf, latest.Schema, format.Options{})
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // The registry says why it does not accept the schema.
	}
	return compiled.Protobuf, nil
}
