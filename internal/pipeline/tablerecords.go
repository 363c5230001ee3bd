package pipeline

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/changerecord"
	"github.com/loaderline/loaderline/internal/codec"
	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/pipelinefile"
)

// TableRecords decodes the records of a topic that is a table.
type TableRecords struct {
	// Options are how values of the schemas become JSON.
	Options format.Options

	topic   string
	schemas changerecord.Schemas
	key     jsonenrich.Format // of keys without a schema
	decoder *changerecord.Decoder
}

// NewTableRecords returns an error if key_fields of the topic are wrong.
func NewTableRecords(file *pipelinefile.File, t *pipelinefile.TopicSource, opts SourceOptions) (*TableRecords, error) {
	mapping, err := changerecord.NewMapping("", t.KeyFields)
	if err != nil {
		return nil, err
	}
	mapping.Envelope = changerecord.Envelope(t.Envelope)
	r := &TableRecords{Options: decodeOptions(&file.Input), topic: t.Topic, key: formats[t.Key], decoder: changerecord.NewDecoder(mapping)}
	cfg := codec.Config{Options: r.Options, Registry: opts.Registry, Backend: opts.RegistryBackend}
	if t.Value.HasSchema() {
		cfg.Format = schemaFormats[t.Value]
		r.schemas.Values = codec.NewDecoder(cfg)
	}
	if t.Key.HasSchema() {
		cfg.Format, cfg.Part = schemaFormats[t.Key], schemaid.Key
		r.schemas.Keys = codec.NewDecoder(cfg)
	}
	return r, nil
}

// Prepare fetches the schemas of records.
func (r *TableRecords) Prepare(ctx context.Context, records []*kgo.Record) error {
	return r.schemas.Prepare(ctx, r.topic, records)
}

// Decode returns the parts of a record's key, and its row, as JSON.
func (r *TableRecords) Decode(record *kgo.Record) (key [][]byte, row []byte, err error) {
	decoded := r.schemas.Decode(record)
	if r.schemas.Keys == nil && record.Key != nil {
		decoded.Key, decoded.KeyErr = r.key.AppendJSON(nil, record.Key)
	}
	found, err := r.decoder.Row(decoded)
	return found.Key, found.Value, err
}
