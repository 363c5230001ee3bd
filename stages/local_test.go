package stages_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/loadcache"
	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages"
)

// A run of a Local loader joins no load of another run, and finds nothing in a cache.
func TestLocalLoadsAreForOneRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory, err := resultcache.New(resultcache.MemoryConfig{MaxBytes: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		defer memory.Close()
		cache := resultcache.For(memory, resultcache.ViewConfig[int, int]{Loader: "table", Version: "1", TTL: time.Hour})
		src := &recorder{answer: func(_ context.Context, _ int, b *stages.Batch[int, int]) error {
			time.Sleep(time.Second)
			double(b)
			return nil
		}}
		l := loader(src, stages.LoaderConfig[int, int]{Local: true, Cache: loadcache.Seal(cache), FailureTTL: time.Hour})
		var runs sync.WaitGroup
		for i := range 3 {
			runs.Go(func() {
				time.Sleep(time.Duration(i) * 600 * time.Millisecond)
				rows, n := run(t.Context(), l, backoff{}, 1, 2, 1)
				if got := n.Of(rows.At(1)).Value; got != 4 || rows.Err() != nil {
					t.Errorf("2 is %d: %v", got, rows.Err())
				}
				want := stages.StageStats{Stage: "loader", Unique: 2, Loaded: 2, Settled: time.Second, Critical: time.Second}
				if diff := cmp.Diff(want, rows.Stats()[0]); diff != "" {
					t.Error(diff)
				}
			})
		}
		runs.Wait()
		if diff := cmp.Diff([][]int{{1, 2}, {1, 2}, {1, 2}}, src.seen()); diff != "" {
			t.Error(diff)
		}
	})
}

// The end of a run's context ends its load, and a key that failed is tried again by the next run.
func TestLocalLoadsEndWithTheirRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &recorder{answer: func(ctx context.Context, call int, b *stages.Batch[int, int]) error {
			switch call {
			case 1:
				<-ctx.Done()
				return ctx.Err()
			case 2:
				return stages.WithClass(errors.New("no"), stages.Permanent)
			}
			double(b)
			return nil
		}}
		l := loader(src, stages.LoaderConfig[int, int]{Local: true, FailureTTL: time.Hour})
		cause := errors.New("a rebalance waits")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(cause) })
		if rows, _ := run(ctx, l, backoff{}, 1); !errors.Is(rows.Err(), cause) {
			t.Errorf("the first run: %v", rows.Err())
		}
		for i, want := range []stages.State{stages.Failed, stages.Loaded} {
			rows, n := run(t.Context(), l, backoff{}, 1)
			if got := n.Of(rows.At(0)).State; got != want || rows.Err() != nil {
				t.Errorf("run %d: %v, want %v: %v", i+2, got, want, rows.Err())
			}
		}
	})
}
