package pipeline

import (
	"context"
	"errors"
	"log/slog"

	"github.com/loaderline/loaderline/internal/lookupext"
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

func openFile(ctx context.Context, file *pipelinefile.File, f pipelinefile.Source, logger *slog.Logger) (Source, error) {
	section := "sources." + f.Name + ".file"
	client, err := filelookup.Open(ctx, filelookup.Config{
		Path: f.File.Path, Format: string(f.File.Format), Delimiter: f.File.Delimiter, Key: f.File.Key, Types: columnTypes(f.File.Types),
		MaxBytes: f.File.MaxBytes, Poll: f.File.Poll, Logger: logger,
	})
	if err != nil {
		return nil, file.Errorf(section, "%v", errors.Unwrap(err))
	}
	return &table{Client: client, Reloader: client.(lookupext.Reloader), file: file, key: section + ".path", path: f.File.Path}, nil
}

// columnTypes returns the types of columns as texts.
func columnTypes(types map[string]pipelinefile.ColumnType) map[string]string {
	texts := make(map[string]string, len(types))
	for name, t := range types {
		texts[name] = string(t)
	}
	return texts
}

// Ping fails if the file is not there. Only another configuration helps then.
func (t *table) Ping(ctx context.Context) error { return t.placed(t.Client.Ping(ctx)) }

// Prepare reads the file at the first call.
func (t *table) Prepare(ctx context.Context, s *Stage) (Lookup, error) {
	l, err := t.Lookup(ctx, filelookup.Query{Name: s.Name, Many: s.Stage.List()})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, t.placed(err)
	}
	return l.(Lookup), nil
}

// placed returns an error of the file as one of the pipeline file.
func (t *table) placed(err error) error {
	if err == nil {
		return nil
	}
	return t.file.Errorf(t.key, "%v", err)
}

func (t *table) identity() string { return t.path }
