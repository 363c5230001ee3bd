// Package inlinesource adds tables in the pipeline file itself to the sources of the programs that import it.
package inlinesource

import (
	"context"
	"errors"
	"math"

	"github.com/loaderline/loaderline/internal/lookuptable"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/strictyaml"
)

// inline is a source of kind inline. Its rows never change.
type inline struct {
	table *lookuptable.Table
	rows  []strictyaml.Row
}

func init() { pipeline.RegisterSource(string(pipelinefile.KindInline), open) }

func open(_ context.Context, file *pipelinefile.File, f pipelinefile.Source, _ pipeline.SourceOptions) (pipeline.Source, error) {
	schema, err := lookuptable.NewSchema(lookuptable.Config{Key: f.Inline.Key, Types: pipeline.ColumnTypes(f.Inline.Types)})
	if err != nil {
		return nil, file.Errorf("sources."+f.Name+".inline", "%v", err)
	}
	var problems []error
	b := schema.NewBuilder(math.MaxInt64)
	for i, row := range f.Inline.Rows {
		if err := b.AddObject(i, row.Value); err != nil {
			problems = append(problems, row.Errorf("%v", err))
		}
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return &inline{table: lookuptable.New(schema, b.Rows()), rows: f.Inline.Rows}, nil
}

// Ping returns nil.
func (*inline) Ping(context.Context) error { return nil }

// Prepare checks that no key has several rows, unless the stage makes lists of them.
func (i *inline) Prepare(_ context.Context, s *pipeline.Stage) (pipeline.Lookup, error) {
	if d := i.table.Rows().Duplicate(); d != nil && !s.Stage.List() {
		return nil, i.rows[d.Second].Errorf("the row has the key of the row in line %d; remove one of them, or write many: true in stage %s for a list of them", i.rows[d.First].Line(), s.Name)
	}
	return i.table.Lookup(s.Stage.List()), nil
}

// Close does nothing.
func (*inline) Close() error { return nil }

func (*inline) Identity() string { return "" }
