// Package filesource adds files with rows to the sources of the programs that import it.
package filesource

import (
	"context"
	"errors"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/stages/filelookup"
	"github.com/loaderline/loaderline/stages/lookup"
)

// table is a source of kind file.
type table struct {
	lookup.Client[filelookup.Query]
	lookupext.Reloader
	file *pipelinefile.File
	key  string // of the path, in the pipeline file
	path string
}

func init() { pipeline.RegisterSource(string(pipelinefile.KindFile), open) }

func open(ctx context.Context, file *pipelinefile.File, f pipelinefile.Source, opts pipeline.SourceOptions) (pipeline.Source, error) {
	section := "sources." + f.Name + ".file"
	client, err := filelookup.Open(ctx, filelookup.Config{
		Path: f.File.Path, Format: string(f.File.Format), Delimiter: f.File.Delimiter, Key: f.File.Key, Types: pipeline.ColumnTypes(f.File.Types),
		MaxBytes: f.File.MaxBytes, Poll: f.File.Poll, Logger: opts.Logger,
	})
	if err != nil {
		return nil, file.Errorf(section, "%v", errors.Unwrap(err))
	}
	return &table{Client: client, Reloader: client.(lookupext.Reloader), file: file, key: section + ".path", path: f.File.Path}, nil
}

// Ping fails if the file is not there. Only another configuration helps then.
func (t *table) Ping(ctx context.Context) error { return t.placed(t.Client.Ping(ctx)) }

// Prepare reads the file at the first call.
func (t *table) Prepare(ctx context.Context, s *pipeline.Stage) (pipeline.Lookup, error) {
	l, err := t.Lookup(ctx, filelookup.Query{Name: s.Name, Many: s.Stage.List()})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, t.placed(err)
	}
	return l.(pipeline.Lookup), nil
}

// placed returns an error of the file as one of the pipeline file.
func (t *table) placed(err error) error {
	if err == nil {
		return nil
	}
	return t.file.Errorf(t.key, "%v", err)
}

func (t *table) Identity() string { return t.path }
