// Package topicsource adds topics that are tables to the sources of the programs that import it.
package topicsource

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
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

// table is a source of kind topic.
type table struct {
	followed
	file *pipelinefile.File
	name string
}

var _ pipeline.Table = (*table)(nil)

func init() { pipeline.RegisterSource(string(pipelinefile.KindTopic), open) }

func open(ctx context.Context, file *pipelinefile.File, f pipelinefile.Source, opts pipeline.SourceOptions) (pipeline.Source, error) {
	section := "sources." + f.Name + ".topic"
	kafka, err := pipeline.Kafka(file, nil, opts.Certificates)
	if err != nil {
		return nil, err
	}
	t := f.Topic
	records, err := pipeline.NewTableRecords(file, t, opts)
	if err != nil {
		return nil, file.Errorf(section+".key_fields", "%v", err)
	}
	cfg := topiclookup.Config{
		Kafka: kafka, Topic: t.Topic, KeyType: t.KeyTypes(), Prepare: records.Prepare, Decode: records.Decode,
		Version: fmt.Sprintf("%q %q %q %q %q %+v", t.Key, t.KeyFields, t.KeyTypes(), t.Value, t.Envelope, records.Options) + fmt.Sprint(t.Retain > 0),
		SkipBad: t.OnBad == pipelinefile.OnBadSkip, MaxBytes: t.Memory, MaxStaleness: t.MaxStaleness, Retain: t.Retain,
	}
	if opts.Logger != nil {
		cfg.Logger = opts.Logger.With(slog.String("source", f.Name))
	}
	if t.Disk != "" {
		cfg.Dir = filepath.Join(t.Disk, pipeline.FolderName(file.Name), f.Name)
	}
	client, err := topiclookup.Open(ctx, cfg)
	if err != nil {
		return nil, file.Errorf(section, "%v", errors.Unwrap(err))
	}
	return &table{followed: client.(followed), file: file, name: f.Name}, nil
}

// Ping is that of the client, but does not wait until the table is complete.
func (t *table) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, tablePing)
	defer cancel()
	return t.followed.Ping(ctx)
}

// Read waits until the table is complete, as long as its topic can be read.
func (t *table) Read(ctx context.Context) error { return t.followed.Ping(ctx) }

// Prepare checks what the stage asks; the topic is not read.
func (t *table) Prepare(ctx context.Context, s *pipeline.Stage) (pipeline.Lookup, error) {
	l, err := t.Lookup(ctx, topiclookup.Query{Name: s.Name, Many: s.Many && !s.HasVersions(), Versions: s.HasVersions()})
	if err != nil {
		return nil, t.file.Errorf("stages."+s.Name, "%v", errors.Unwrap(err))
	}
	return l.(pipeline.Lookup), nil
}

// Identity is empty: rows are not cached.
func (*table) Identity() string { return "" }
