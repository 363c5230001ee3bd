package changerecord

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/codec"
	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/schemaid"
)

// Schemas decodes the records of a topic whose values, or keys, have schemas.
type Schemas struct {
	// Values decodes all values. Nil: they are JSON.
	Values *codec.Decoder
	// Keys decodes the keys that name a schema. Other keys are read as they are, and all of them if Keys is nil.
	Keys *codec.Decoder
}

// Prepare fetches the schemas of the records of a topic. An error stands for all records: the registry is away, or refuses.
func (s *Schemas) Prepare(ctx context.Context, topic string, records []*kgo.Record) error {
	var of []*kgo.Record
	for _, r := range records {
		if r.Topic == topic {
			of = append(of, r)
		}
	}
	for _, d := range []*codec.Decoder{s.Values, s.Keys} {
		if d == nil {
			continue
		}
		if err := d.Prepare(ctx, of); err != nil {
			return fmt.Errorf("the schemas of topic %s: %w", topic, err)
		}
	}
	return nil
}

// Decode returns a record with its parts as JSON. A nil Schemas returns them as they are.
func (s *Schemas) Decode(r *kgo.Record) Record {
	out := Record{Partition: r.Partition, Key: r.Key, Value: r.Value}
	if s == nil {
		return out
	}
	if r.Value != nil && s.Values != nil {
		out.Value, out.ValueErr = decoded(s.Values, r.Value, r.Headers)
	}
	if s.Keys != nil && s.Keys.ID(r.Key, r.Headers) != (schemaid.ID{}) {
		out.Key, out.KeyErr = decoded(s.Keys, r.Key, r.Headers)
	}
	return out
}

// decoded returns a part of a record as JSON, and the part itself with an error: a key that cannot be decoded is not an absent one. The error
// has no part of its content.
func decoded(d *codec.Decoder, data []byte, headers []kgo.RecordHeader) ([]byte, error) {
	v, err := d.Decode(nil, data, headers)
	if err == nil {
		return v.JSON, nil
	}
	text := err.Error()
	if wrong, is := errors.AsType[*format.Error](err); is {
		text = wrong.Brief()
	}
	return data, errors.New("cannot be decoded: " + text)
}
