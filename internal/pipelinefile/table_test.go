package pipelinefile_test

import (
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	pf "github.com/loaderline/loaderline/internal/pipelinefile"
)

// A stage has the key of its table, and no cache: its rows are in memory.
func TestTables(t *testing.T) {
	t.Parallel()
	file, err := pf.Parse("table.yaml", read(t, "testdata/right/table.yaml"), pf.Options{Dir: "pipelines", Getenv: secret})
	if err != nil {
		t.Fatal(err)
	}
	zones := &pf.FileSource{
		Path: "pipelines/data/zones.tsv.gz", Format: pf.FormatCSV, Delimiter: "\t", Key: []string{"tenant", "id"},
		Types: map[string]pf.ColumnType{"tenant": pf.ColumnText, "id": pf.ColumnBigint}, MaxBytes: 1 << 20, Poll: 10 * time.Second,
	}
	plans := &pf.FileSource{Path: "pipelines/plans.json", MaxBytes: 256 << 20, Poll: time.Second}
	if diff := gocmp.Diff([]*pf.FileSource{zones, plans}, []*pf.FileSource{file.Sources[0].File, file.Sources[1].File}); diff != "" {
		t.Error(diff)
	}
	var rows []string
	for _, row := range file.Sources[2].Inline.Rows {
		rows = append(rows, string(row.Value))
	}
	want := []string{`{"code":"DE","name":"Germany","since":1.50,"of":["a",{"b":null}]}`, `{"code":"01","name":"secret"}`}
	if diff := gocmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
	for i, want := range []pf.Stage{
		{Name: "zone", Key: []string{"tenant", "id"}, KeyType: []string{"text", "bigint"}},
		{Name: "plan", Key: []string{"_key"}},
		{Name: "country", Key: []string{"code"}, KeyType: []string{"citext"}},
	} {
		s := file.Stages[i]
		if diff := gocmp.Diff(want, pf.Stage{Name: s.Name, Key: s.Key, KeyType: s.KeyType, Cache: s.Cache}); diff != "" {
			t.Errorf("%s: %s", s.Name, diff)
		}
	}
	for i, driver := range []string{"file", "file", "inline"} {
		if s := file.Sources[i]; s.Driver() != driver || !s.Kind().Local() {
			t.Errorf("%s is %s", s.Name, s.Driver())
		}
	}
}
