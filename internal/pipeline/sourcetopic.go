package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/changerecord"
	"github.com/loaderline/loaderline/internal/codec"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/loaderr"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/topiclookup"
)

// tablePing bounds the wait of a ping: whoever pings has other things to do.
const tablePing = time.Second

// followed is what the client of a topic can do beside lookups.
type followed interface {
	lookup.Client[topiclookup.Query]
	lookupext.Follower
}

// topicTable is a source of kind topic.
type topicTable struct {
	followed
	file *pipelinefile.File
	name string
}

func openTopic(ctx context.Context, file *pipelinefile.File, f pipelinefile.Source, opts SourceOptions) (Source, error) {
	section := "sources." + f.Name + ".topic"
	kafka, err := Kafka(file, nil, opts.Certificates)
	if err != nil {
		return nil, err
	}
	t := f.Topic
	records, err := newTableRecords(file, t, opts)
	if err != nil {
		return nil, file.Errorf(section+".key_fields", "%v", err)
	}
	cfg := topiclookup.Config{
		Kafka: kafka, Topic: t.Topic, KeyType: t.KeyTypes(), Prepare: records.prepare, Decode: records.decode,
		Version: fmt.Sprintf("%q %q %q %q %q %+v", t.Key, t.KeyFields, t.KeyTypes(), t.Value, t.Envelope, decodeOptions(&file.Input)) + fmt.Sprint(t.Retain > 0),
		SkipBad: t.OnBad == pipelinefile.OnBadSkip, MaxBytes: t.Memory, MaxStaleness: t.MaxStaleness, Retain: t.Retain,
	}
	if opts.Logger != nil {
		cfg.Logger = opts.Logger.With(slog.String("source", f.Name))
	}
	if t.Disk != "" {
		cfg.Dir = filepath.Join(t.Disk, folderName(file.Name), f.Name)
	}
	client, err := topiclookup.Open(ctx, cfg)
	if err != nil {
		return nil, file.Errorf(section, "%v", errors.Unwrap(err))
	}
	return &topicTable{followed: client.(followed), file: file, name: f.Name}, nil
}

// Ping is that of the client, but does not wait until the table is complete.
func (t *topicTable) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, tablePing)
	defer cancel()
	return t.followed.Ping(ctx)
}

// read waits until the table is complete, as long as its topic can be read.
func (t *topicTable) read(ctx context.Context) error { return t.followed.Ping(ctx) }

// Prepare checks what the stage asks; the topic is not read.
func (t *topicTable) Prepare(ctx context.Context, s *Stage) (Lookup, error) {
	l, err := t.Lookup(ctx, topiclookup.Query{Name: s.Name, Many: s.Many && !s.HasVersions(), Versions: s.HasVersions()})
	if err != nil {
		return nil, t.file.Errorf("stages."+s.Name, "%v", errors.Unwrap(err))
	}
	return l.(Lookup), nil
}

// identity is empty: rows are not cached.
func (*topicTable) identity() string { return "" }

// tableRecords decodes the records of a topic that is a table.
type tableRecords struct {
	topic   string
	schemas changerecord.Schemas
	key     jsonenrich.Format // of keys without a schema
	decoder *changerecord.Decoder
}

func newTableRecords(file *pipelinefile.File, t *pipelinefile.TopicSource, opts SourceOptions) (*tableRecords, error) {
	mapping, err := changerecord.NewMapping("", t.KeyFields)
	if err != nil {
		return nil, err
	}
	mapping.Envelope = changerecord.Envelope(t.Envelope)
	r := &tableRecords{topic: t.Topic, key: formats[t.Key], decoder: changerecord.NewDecoder(mapping)}
	cfg := codec.Config{Options: decodeOptions(&file.Input), Registry: opts.Registry, Backend: opts.RegistryBackend}
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

func (r *tableRecords) prepare(ctx context.Context, records []*kgo.Record) error {
	return r.schemas.Prepare(ctx, r.topic, records)
}

func (r *tableRecords) decode(record *kgo.Record) (key [][]byte, row []byte, err error) {
	decoded := r.schemas.Decode(record)
	if r.schemas.Keys == nil && record.Key != nil {
		decoded.Key, decoded.KeyErr = r.key.AppendJSON(nil, record.Key)
	}
	found, err := r.decoder.Row(decoded)
	return found.Key, found.Value, err
}

// tables returns the sources that are topics, by name.
func (p *Pipeline) tables() map[string]*topicTable {
	all := map[string]*topicTable{}
	for name, s := range p.sources {
		if t, ok := s.Source.(*topicTable); ok {
			all[name] = t
		}
	}
	return all
}

// awaitTables waits, not for long, until each table is as current as the file wants it to be. An event that gets encoded results of
// an earlier one asks no source, so this comes before the first event of a micro-batch is decoded. Its errors are those of a plan.
func (p *Pipeline) awaitTables(ctx context.Context) error {
	for name, t := range p.tables() {
		err := t.Await(ctx)
		switch {
		case err == nil:
		case stages.ClassOf(err) == stages.Fatal:
			return &loaderr.FatalError{Loader: name, Err: err}
		case ctx.Err() != nil:
			return context.Cause(ctx)
		default:
			return &loaderr.OutageError{Loader: name, Source: name, Ping: p.sources[name].backend.Ping, Err: err}
		}
	}
	return nil
}

// prepareRecords returns what Config.Prepare is; nil if there is nothing to prepare.
func (p *Pipeline) prepareRecords() func(context.Context, []*loaderline.Record) error {
	schemas := p.schemas.prepare()
	if len(p.tables()) == 0 {
		return schemas
	}
	return func(ctx context.Context, records []*loaderline.Record) error {
		if err := p.awaitTables(ctx); err != nil || schemas == nil {
			return err
		}
		return schemas(ctx, records)
	}
}
