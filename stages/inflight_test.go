package stages_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/loadcache"
	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages"
)

// slow returns after a second.
func slow(ctx context.Context, _ int, b *stages.Batch[int, int]) error {
	select {
	case <-time.After(time.Second):
		double(b)
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// doubled runs batches that begin some time apart, checks that each of their keys has its double, and gives their statistics.
func doubled(t *testing.T, l *stages.Loader[int, int], apart time.Duration, batches ...[]int) []stages.StageStats {
	t.Helper()
	var wg sync.WaitGroup
	stats := make([]stages.StageStats, len(batches))
	for i, keys := range batches {
		wg.Go(func() {
			time.Sleep(time.Duration(i) * apart)
			rows, n := run(t.Context(), l, backoff{}, keys...)
			for row := range rows.All() {
				if r := n.Of(row); r.Value != 2*row.Event() {
					t.Errorf("batch %d, key %d: %v", i, row.Event(), r)
				}
			}
			stats[i] = rows.Stats()[0]
		})
	}
	wg.Wait()
	return stats
}

func TestAKeyInFlightIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &recorder{answer: slow}
		l := loader(src, stages.LoaderConfig[int, int]{})
		stats := doubled(t, l, 100*time.Millisecond, []int{1, 2}, []int{2, 3}, []int{1, 3, 2})
		if diff := cmp.Diff([][]int{{1, 2}, {3}}, src.seen()); diff != "" {
			t.Error(diff)
		}
		for i, want := range []stages.StageStats{
			{Unique: 2, Loaded: 2, Calls: 1},
			{Unique: 2, Loaded: 1, Coalesced: 1, Calls: 1},
			{Unique: 3, Coalesced: 3},
		} {
			stats[i].Stage = ""
			stats[i].CallTime, stats[i].Asked, stats[i].Settled, stats[i].Critical = 0, 0, 0, 0
			if diff := cmp.Diff(want, stats[i]); diff != "" {
				t.Errorf("batch %d: %s", i, diff)
			}
		}
	})
}

// Whoever asked first may leave: the others get what they wait for.
func TestAWaitersEndHurtsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &recorder{answer: slow}
		l := loader(src, stages.LoaderConfig[int, int]{})
		first, leave := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			rows, _ := run(first, l, backoff{}, 1)
			if !errors.Is(rows.Err(), context.Canceled) {
				t.Errorf("who left has %v", rows.Err())
			}
		})
		synctest.Wait()
		wg.Go(func() {
			start := time.Now()
			rows, n := run(t.Context(), l, backoff{}, 1)
			if r := n.Of(rows.At(0)); r.Value != 2 || rows.Err() != nil || time.Since(start) != time.Second {
				t.Errorf("who stayed has %v, %v after %v", r, rows.Err(), time.Since(start))
			}
		})
		synctest.Wait()
		start := time.Now()
		leave()
		wg.Wait()
		if time.Since(start) != time.Second || len(src.seen()) != 1 {
			t.Errorf("%d calls", len(src.seen()))
		}
	})
}

// When nobody waits any more the load ends at once, and who comes then starts anew.
func TestALateJoinerInheritsNoDyingLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dying := make(chan struct{})
		src := &recorder{answer: func(ctx context.Context, call int, b *stages.Batch[int, int]) error {
			if call > 1 {
				double(b)
				return nil
			}
			<-ctx.Done()
			close(dying)
			time.Sleep(time.Second) // a source that is slow to end
			return ctx.Err()
		}}
		l := loader(src, stages.LoaderConfig[int, int]{})
		ctx, leave := context.WithCancel(t.Context())
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			run(ctx, l, backoff{}, 1)
		}()
		synctest.Wait()
		leave()
		<-dying
		rows, n := run(t.Context(), l, backoff{}, 1)
		if r := n.Of(rows.At(0)); r.Value != 2 || rows.Err() != nil {
			t.Errorf("%v, %v", r, rows.Err())
		}
		<-gone
	})
}

func TestALoadThatFailsFailsAllItsWaitersAndCachesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory, err := resultcache.New(resultcache.MemoryConfig{MaxBytes: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		defer memory.Close()
		src := &recorder{answer: func(_ context.Context, call int, b *stages.Batch[int, int]) error {
			if call > 1 {
				double(b)
				return nil
			}
			time.Sleep(time.Second)
			panic("boom")
		}}
		l := loader(src, stages.LoaderConfig[int, int]{Cache: loadcache.Seal(resultcache.For(memory, resultcache.ViewConfig[int, int]{TTL: time.Minute, NegativeTTL: time.Minute}))})
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				rows, n := run(t.Context(), l, backoff{}, 1)
				if r := n.Of(rows.At(0)); r.State != stages.Failed {
					t.Errorf("%v", r)
				}
			})
		}
		wg.Wait()
		rows, n := run(t.Context(), l, backoff{}, 1)
		if r := n.Of(rows.At(0)); r.Value != 2 || len(src.seen()) != 2 {
			t.Errorf("%v after %d calls", r, len(src.seen()))
		}
	})
}

// Who asks after an invalidation must not get what was read before it.
func TestAnInvalidatedKeyInFlightIsLoadedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory, err := resultcache.New(resultcache.MemoryConfig{MaxBytes: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		defer memory.Close()
		view := resultcache.For(memory, resultcache.ViewConfig[int, int]{TTL: time.Minute})
		src := &recorder{answer: func(_ context.Context, call int, b *stages.Batch[int, int]) error {
			time.Sleep(time.Second)
			for _, k := range b.Keys {
				b.Put(k, call)
			}
			return nil
		}}
		l := loader(src, stages.LoaderConfig[int, int]{Cache: loadcache.Seal(view)})
		var wg sync.WaitGroup
		wg.Go(func() { run(t.Context(), l, backoff{}, 1, 2) })
		synctest.Wait()
		view.Invalidate(t.Context(), 1)
		rows, n := run(t.Context(), l, backoff{}, 1, 2)
		got := []int{n.Of(rows.At(0)).Value, n.Of(rows.At(1)).Value}
		wg.Wait()
		if !slices.Equal(got, []int{2, 1}) {
			t.Errorf("keys 1 and 2 are of the calls %v", got)
		}
		rows, n = run(t.Context(), l, backoff{}, 1)
		if r := n.Of(rows.At(0)); r.Value != 2 {
			t.Errorf("the old value was cached: %v", r)
		}
	})
}
