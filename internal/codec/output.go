package codec

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/avro"
	"github.com/loaderline/loaderline/internal/format/jsonschema"
	"github.com/loaderline/loaderline/internal/format/protobuf"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/outputschema"
	"github.com/loaderline/loaderline/internal/registry"
)

// OutputSchema is a schema of outputs.
type OutputSchema struct {
	// Registered is the schema as a registry has it.
	Registered registry.Schema
	// ID is known of a schema that comes from the registry. Such a schema is not looked up.
	ID, GUID schemaid.ID
	// Name is the full name of its record or message, or the title.
	Name string

	avro    *avro.Schema
	message *protobuf.Message
	json    *jsonschema.Schema // validates values; nil: they need not be validated
}

// derivedOutput returns a schema that was derived. Whatever has its form is valid, so that JSON needs no validation.
func derivedOutput(s *outputschema.Schema) *OutputSchema {
	return &OutputSchema{
		Registered: registry.Schema{Type: types[s.Format], Text: s.Text}, Name: s.Name, avro: s.Avro, message: s.Message,
	}
}

// output is what values of one schema are encoded with.
type output struct {
	schema *OutputSchema
	topics []wire // by topic
	avro   *avro.Encoder
	proto  *protobuf.Encoder
	splice *splice
	err    error // why there is no schema
	// readBack decodes bodies. It is nil unless values are the JSON that their bodies stand for.
	readBack func(dst, body []byte) ([]byte, error)
}

// wire is how records of a topic name their schema.
type wire struct {
	prefix  []byte
	headers []kgo.RecordHeader
}

func newOutput(s *OutputSchema, maxBytes int) *output {
	o := &output{schema: s}
	// A derived schema has text for numbers without bounds and for JSON.
	switch {
	case s.avro != nil:
		o.avro = s.avro.Encoder(avro.EncodeOptions{TextOfAny: true, MaxBytes: maxBytes})
	case s.message != nil:
		o.proto = s.message.Encoder(protobuf.EncodeOptions{TextOfAny: true, MaxBytes: maxBytes})
	}
	return o
}

// appendBody appends a value without its ID.
func (o *output) appendBody(dst, json []byte) (out []byte, err error) {
	switch {
	case o.avro != nil:
		out, err = o.avro.AppendAvro(dst, json)
	case o.proto != nil:
		out, err = o.proto.AppendProto(dst, json)
	default:
		return o.appendJSON(dst, json)
	}
	if err != nil {
		return dst, unfit(err)
	}
	return out, nil
}

// readBack returns what decodes the bodies of values.
func (s *OutputSchema) readBack() func(dst, body []byte) ([]byte, error) {
	switch {
	case s.avro != nil:
		return s.avro.Decoder(format.Options{}).AppendJSON
	case s.message != nil:
		return s.message.Decoder(format.Options{}).AppendJSON
	default:
		return func(dst, body []byte) ([]byte, error) { return append(dst, body...), nil }
	}
}

// appendReadBack appends what consumers read of a value.
func (o *output) appendReadBack(dst, json []byte) ([]byte, error) {
	body, err := o.appendBody(nil, json)
	if err != nil {
		return dst, err
	}
	return o.readBack(dst, body)
}

// appendJSON appends a value that is JSON, and validates it if its schema was not made for it.
func (o *output) appendJSON(dst, json []byte) ([]byte, error) {
	if o.schema.json != nil {
		if err := o.schema.json.Validate(json); err != nil {
			return dst, err
		}
	}
	return append(dst, json...), nil
}

// unfit is the error of a value, without any part of it: what a lookup found is nothing for the header of a dead letter.
func unfit(err error) error {
	misfit, is := errors.AsType[*format.Error](err)
	switch {
	case !is:
		return err
	case misfit.Path == "":
		return errors.New(misfit.Reason)
	default:
		return fmt.Errorf("field %s: %s", misfit.Path, misfit.Reason)
	}
}

// wire finds the ID of a schema for a topic, and registers the schema if that is asked for.
func (e *Encoder) wire(ctx context.Context, s *OutputSchema, topic string) (wire, error) {
	if e.cfg.ID == NoIDAtAll {
		return wire{}, nil
	}
	id, guid := s.ID, s.GUID
	if id == (schemaid.ID{}) {
		subject, err := registry.SubjectName(e.cfg.Subject, topic, s.Name, schemaid.Value)
		if err != nil {
			return wire{}, err
		}
		registered, err := e.registered(ctx, subject, s)
		if err != nil {
			return wire{}, err
		}
		id, guid = registered.ID, registered.GUID
	}
	return s.wire(e.cfg.ID, id, guid)
}

func (e *Encoder) registered(ctx context.Context, subject string, s *OutputSchema) (*registry.Registered, error) {
	if e.cfg.Register {
		return e.cfg.Registry.Register(ctx, subject, &s.Registered, e.cfg.Normalize)
	}
	return e.cfg.Registry.Lookup(ctx, subject, &s.Registered, e.cfg.Normalize)
}

// wire returns how records name the schema by its ID. A header has the GUID if the registry has one.
func (s *OutputSchema) wire(place IDPlace, id, guid schemaid.ID) (wire, error) {
	var index []byte
	if s.message != nil {
		if index = protobuf.AppendIndex(nil, s.message.Index()); s.message.Index() == nil {
			return wire{}, fmt.Errorf("message %s is in an imported file, and records name only messages of the schema's own file; write a file that has the message", s.message.Name())
		}
	}
	if place == IDInPrefix {
		prefix, err := schemaid.AppendPrefix(nil, id)
		return wire{prefix: append(prefix, index...)}, err
	}
	if guid != (schemaid.ID{}) {
		id = guid
	}
	header, err := schemaid.AppendHeader(nil, id)
	return wire{headers: []kgo.RecordHeader{{Key: schemaid.HeaderName(schemaid.Value), Value: append(header, index...)}}}, err
}
