package pipeline_test

import (
	"testing"

	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/strictyaml"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/lookuptest"
)

// The test sets the rows as parsing leaves them, because a pipeline file is too small for the rows of the suite.
func TestInlineTablesConform(t *testing.T) {
	t.Parallel()
	lookuptest.Run(t, lookuptest.Harness{
		OneRow: true,
		KeyTypes: []string{
			"any", "smallint", "integer", "bigint", "numeric", "text", "citext", "char", "uuid", "boolean", "timestamptz", "timestamp", "date",
		},
		New: func(tb testing.TB, w lookuptest.World) stages.Source[lookup.Key, []byte] {
			tb.Helper()
			table := &pipelinefile.Inline{Types: map[string]pipelinefile.ColumnType{
				"_key": pipelinefile.ColumnType(w.KeyType), "n": "bigint", "body": "text",
			}}
			for _, r := range w.Rows {
				table.Rows = append(table.Rows, strictyaml.Row{Value: []byte(`{"_key":` + string(r.Key) + `,` + r.Value()[1:])})
			}
			source, err := pipeline.OpenSource(tb.Context(), &pipelinefile.File{}, pipelinefile.Source{Name: "rows", Inline: table}, pipeline.SourceOptions{})
			if err != nil {
				tb.Fatal(err)
			}
			l, err := source.Prepare(tb.Context(), &pipeline.Stage{Stage: pipelinefile.Stage{Name: "row", Many: w.Many}})
			if err != nil {
				tb.Fatal(err)
			}
			return l
		},
	})
}
