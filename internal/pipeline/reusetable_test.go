package pipeline_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// changing is a table whose row has the number of its last change.
type changing struct{ *atomic.Uint64 }

var _ lookupext.Table = changing{}

func (changing) Types() lookupkey.Types { return lookupkey.Types{lookupkey.Integer} }

func (c changing) Changes() uint64 { return c.Uint64.Load() }

func (c changing) Load(_ context.Context, b *stages.Batch[lookup.Key, []byte]) error {
	for i := range b.Keys {
		b.Set(i, stages.Result[[]byte]{Value: fmt.Appendf(nil, `{"id":1,"team":1,"n":%d}`, c.Uint64.Load()), State: stages.Loaded})
	}
	return nil
}

// No event that comes after a change of a table is given what was before it, however many are at work and however many tables
// change.
func TestReuseAmidChangesOfTables(t *testing.T) {
	file, err := pipelinefile.Parse("pipeline.yaml", fmt.Appendf(nil, reuseFile, "0s", "dead_letter", "on_error: dead_letter"), pipelinefile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	layout, err := pipeline.NewLayout(file)
	if err != nil {
		t.Fatal(err)
	}
	tables := map[string]changing{"user": {new(atomic.Uint64)}, "team": {new(atomic.Uint64)}}
	p, err := pipeline.Open(t.Context(), layout, pipeline.Options{Reuse: true, Lookup: func(s *pipeline.Stage) pipeline.Lookup { return tables[s.Name] }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	var writers sync.WaitGroup
	for stage, table := range tables {
		writers.Go(func() {
			for n := uint64(1); n <= 1000; n++ {
				table.Store(n)
				for range 3 {
					if got := enrich(t, p, `{"user_id":1}`)[0]; !strings.Contains(got, fmt.Sprintf(`"%s":{"id":1,"team":1,"n":%d}`, stage, n)) {
						t.Errorf("after %d of %s: %s", n, stage, got)
						return
					}
				}
			}
		})
	}
	writers.Wait()
	if p.Reused() == 0 {
		t.Error("nothing was reused")
	}
	reused := p.Reused()
	for range 2 {
		enrich(t, p, `{"user_id":1}`)
	}
	if p.Reused() == reused {
		t.Error("nothing was reused after the last change")
	}
}
