package codec

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/registry"
	"github.com/loaderline/loaderline/stages"
)

// Config says what a Decoder decodes.
type Config struct {
	Format format.Format
	// AnyFormat takes the format of each schema of Registry in place of Format.
	AnyFormat bool
	// Part is the part of records that is decoded.
	Part schemaid.Part
	// Prefix is what a part begins with if no header has the ID. NoID says that a part is the body alone: it needs File.
	Prefix schemaid.Prefix
	NoID   bool
	// Options choose how values look as JSON.
	Options format.Options
	// File is the schema of all records. IDs are then skipped. Defaults to the schemas of Registry.
	File *Schema
	// Registry has the schemas of IDs, if File is nil.
	Registry *registry.Client
	// Backend bounds the requests of Registry. Defaults to what registry.NewResolver takes.
	Backend *stages.Backend
	// Grace is for how long an unknown ID is looked for again. Defaults to 10 s.
	Grace time.Duration
}

// Decoder turns parts of records into JSON. It is safe for concurrent use.
type Decoder struct {
	cfg      Config
	resolver *registry.Resolver[*Schema]
}

// NewDecoder returns a Decoder.
func NewDecoder(cfg Config) *Decoder {
	d := &Decoder{cfg: cfg}
	if cfg.File == nil {
		d.resolver = registry.NewResolver(cfg.Registry, registry.ResolverConfig[*Schema]{
			Backend: cfg.Backend, Grace: cfg.Grace,
			Compile: cfg.compile,
		})
	}
	return d
}

// compile compiles a schema of the registry.
func (cfg *Config) compile(s *registry.Schema) (*Schema, error) {
	f := cfg.Format
	if cfg.AnyFormat {
		var err error
		if f, err = formatOf(s); err != nil {
			return nil, err
		}
	}
	return compile(f, s, cfg.Options)
}

// Prepare fetches the schemas of records that are not known yet. It waits up to 10 s for IDs that the registry does not know. Its error
// is that of the registry: it wraps stages.ErrOutage or stages.ErrFatal. Records without an ID are for Decode to refuse.
func (d *Decoder) Prepare(ctx context.Context, records []*kgo.Record) error {
	if d.resolver == nil {
		return nil
	}
	var (
		ids  []schemaid.ID
		last schemaid.ID
	)
	for found := range d.all(records) {
		if found.ID == last {
			continue
		}
		if last = found.ID; !slices.Contains(ids, last) {
			ids = append(ids, last)
		}
	}
	return d.resolver.Prepare(ctx, ids)
}

// all yields what names the schemas of records, without those that Decode refuses for having no name of one.
func (d *Decoder) all(records []*kgo.Record) iter.Seq[schemaid.Found] {
	return func(yield func(schemaid.Found) bool) {
		for _, r := range records {
			data := d.part(r)
			if data == nil {
				continue
			}
			if found, err := d.find(data, r.Headers); err == nil && !yield(found) {
				return
			}
		}
	}
}

func (d *Decoder) part(r *kgo.Record) []byte {
	if d.cfg.Part == schemaid.Key {
		return r.Key
	}
	return r.Value
}

// find returns the ID of a part.
func (d *Decoder) find(data []byte, headers []kgo.RecordHeader) (schemaid.Found, error) {
	if d.cfg.NoID {
		return schemaid.Found{Body: data}, nil
	}
	return schemaid.Find(d.cfg.Part, d.cfg.Prefix, data, func(name string) []byte { return LastHeader(headers, name) })
}

// LastHeader returns the value of the last header of a name, as Kafka's own clients choose it. It is nil if there is none.
func LastHeader(headers []kgo.RecordHeader, name string) []byte {
	for i := range slices.Backward(headers) {
		if headers[i].Key == name {
			return headers[i].Value
		}
	}
	return nil
}

// ID returns the ID of the schema of data, which is the part of a record with these headers. It is zero if there is none.
func (d *Decoder) ID(data []byte, headers []kgo.RecordHeader) schemaid.ID {
	found, err := d.find(data, headers)
	if err != nil {
		return schemaid.ID{}
	}
	return found.ID
}

// Value is a part of a record that was decoded.
type Value struct {
	JSON []byte
	// Body is the part without ID and message index. It shares the record's memory.
	Body []byte
	// Schema is what the part was written with. Message is its message type, and nil unless this is a Protobuf schema.
	Schema  *Schema
	Message *Message
}

// Decode appends the JSON text of data, which is the part of a record with these headers, to dst. Prepare must have returned for the record. Errors
// say what is wrong with the record.
func (d *Decoder) Decode(dst, data []byte, headers []kgo.RecordHeader) (Value, error) {
	found, err := d.find(data, headers)
	if err != nil {
		return Value{}, err
	}
	v, err := d.written(found)
	if err != nil {
		return Value{}, foreign(err, d.cfg.NoID, found.Body)
	}
	switch {
	case v.Schema.Avro != nil:
		v.JSON, err = v.Schema.avro.AppendJSON(dst, v.Body)
	case v.Message != nil:
		v.JSON, err = v.Message.decoder.AppendJSON(dst, v.Body)
	default:
		v.JSON = slices.Concat(dst, v.Body)
	}
	if err != nil {
		return Value{}, foreign(err, d.cfg.NoID, v.Body)
	}
	return v, nil
}

// written returns the schema of a value, and its message type. It does not decode the value.
func (d *Decoder) written(found schemaid.Found) (Value, error) {
	v := Value{Body: found.Body, Schema: d.cfg.File}
	var err error
	if v.Schema == nil {
		if v.Schema, err = d.resolver.Get(found.ID); err != nil {
			return Value{}, err
		}
	}
	if v.Schema.Protobuf != nil {
		v.Message, v.Body, err = v.Schema.messageOf(found)
	}
	return v, err
}

// foreign adds to an error what a body without ID looks like.
func foreign(err error, noID bool, body []byte) error {
	if what := format.Foreign(body); noID && what != "" {
		return errors.New(err.Error() + "; it looks like " + what)
	}
	return err
}
