package deadletter

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Payload decodes and encodes the values of records that have a schema.
type Payload interface {
	// Decode returns the JSON text of a record's value. A *RegistryError is no fault of the record.
	Decode(context.Context, *kgo.Record) ([]byte, error)
	// Encode returns the value of the record that Decode was called with last, with another JSON text.
	Encode(json []byte) ([]byte, error)
}

// RegistryError is the error of a registry that cannot be asked for schemas.
type RegistryError struct{ Err error }

func (e *RegistryError) Error() string { return e.Err.Error() }

// Unwrap returns the error of the registry.
func (e *RegistryError) Unwrap() error { return e.Err }

func isRegistry(err error) bool {
	_, is := errors.AsType[*RegistryError](err)
	return is
}

// fixed returns the payload that the fix makes of an event's.
func (r Redrive) fixed(ctx context.Context, l Letter, event *kgo.Record) ([]byte, error) {
	if r.Payload == nil || event.Value == nil {
		return r.Fix.apply(ctx, l, event.Value)
	}
	text, err := r.Payload.Decode(ctx, event)
	if err != nil {
		return nil, err
	}
	if text, err = r.Fix.apply(ctx, l, text); err != nil {
		return nil, err
	}
	value, err := r.Payload.Encode(text)
	if err != nil {
		return nil, fmt.Errorf("what the fix returns cannot be encoded by the schema of the event: %w", err)
	}
	return value, nil
}
