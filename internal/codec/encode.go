package codec

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/loaderline/loaderline/internal/format/protobuf"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/registry"
)

// encode appends the body of a value, given as JSON. m is its message type, and nil unless this is a Protobuf schema.
func (s *Schema) encode(dst, text []byte, m *Message) ([]byte, error) {
	switch {
	case s.Avro != nil:
		return s.encoder().AppendAvro(dst, text)
	case s.Protobuf != nil:
		return m.encoder().AppendProto(dst, text)
	default:
		return s.validated(dst, text)
	}
}

func (s *Schema) validated(dst, text []byte) ([]byte, error) {
	schema, err := s.valid()
	if err != nil {
		return dst, err
	}
	if err := schema.Validate(text); err != nil {
		return dst, err
	}
	return append(dst, text...), nil
}

// Encode returns what a part of a record becomes with another JSON text. data is the part that Decode returned the value for: its ID and
// message index stay, and so does the schema.
func (v Value) Encode(data, text []byte) ([]byte, error) {
	return v.Schema.encode(slices.Clone(data[:len(data)-len(v.Body)]), text, v.Message)
}

// PartEncoder makes parts of records of JSON text, all by one schema. It is safe for concurrent use.
type PartEncoder struct {
	lead    []byte // the ID and the message index of each part
	schema  *Schema
	message *Message // nil unless this is a Protobuf schema
}

// ErrNoSubject is the error of NewPartEncoder if the registry does not know the subject.
var ErrNoSubject = errors.New("the registry does not know the subject")

// NewPartEncoder returns an encoder of what a Decoder with this Config reads. The schema is cfg.File; parts then have the ID 0 if they have one,
// which a Decoder skips. Otherwise it is the latest of a subject. message names the message of a Protobuf schema of the registry. It
// may be empty if the schema has one alone.
func NewPartEncoder(ctx context.Context, cfg Config, subject, message string) (*PartEncoder, error) {
	if cfg.File != nil {
		e := &PartEncoder{schema: cfg.File, message: cfg.File.message}
		return e, e.lay(cfg, schemaid.OfNumber(0))
	}
	if cfg.Prefix == schemaid.Apicurio8ByteGlobal {
		return nil, errors.New("records with global IDs of Apicurio can be read, but not written; publish them with Apicurio's serializer")
	}
	latest, err := cfg.Registry.Latest(ctx, subject)
	if errors.Is(err, registry.ErrUnknownSubject) || errors.Is(err, registry.ErrUnknownVersion) {
		return nil, fmt.Errorf("%w %s; register a schema under it", ErrNoSubject, subject)
	}
	if err != nil {
		return nil, err
	}
	e := &PartEncoder{}
	if e.schema, err = compile(cfg.Format, latest.Schema, cfg.Options); err != nil {
		return nil, fmt.Errorf("subject %s, version %d: %w", subject, latest.Version, err)
	}
	if e.schema.Protobuf != nil {
		e.message, err = e.schema.named(message)
		if errors.Is(err, errSeveral) {
			return nil, fmt.Errorf("subject %s, version %d: the schema has several messages; say which with --message", subject, latest.Version)
		}
		if err != nil {
			return nil, fmt.Errorf("subject %s, version %d: %w", subject, latest.Version, err)
		}
	}
	return e, e.lay(cfg, latest.ID)
}

// lay sets what each part begins with.
func (e *PartEncoder) lay(cfg Config, id schemaid.ID) (err error) {
	if cfg.NoID {
		return nil
	}
	if cfg.Prefix == schemaid.Confluent {
		e.lead, err = schemaid.AppendPrefix(nil, id)
	} else {
		e.lead, err = schemaid.AppendLongPrefix(nil, id)
	}
	switch {
	case err != nil || e.message == nil:
	case cfg.Prefix == schemaid.Confluent:
		e.lead = protobuf.AppendIndex(e.lead, e.message.Index())
	default:
		e.lead = protobuf.AppendRef(e.lead, e.message.Name())
	}
	return err
}

// Encode returns the part of a record that a JSON text stands for. Its error names the field that the schema does not take.
func (e *PartEncoder) Encode(text []byte) ([]byte, error) {
	return e.schema.encode(slices.Clone(e.lead), text, e.message)
}
