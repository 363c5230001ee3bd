package stages_test

import (
	"context"
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

// oneCall is a loader of a backend that takes one call at once.
func oneCall(src stages.Source[int, int], cfg stages.LoaderConfig[int, int]) *stages.Loader[int, int] {
	cfg.Backend = stages.NewBackend(stages.BackendConfig{MaxCalls: 1})
	return loader(src, cfg)
}

// Loads that wait for one call to end go together with the next.
func TestWhatWaitsForACallGoesTogether(t *testing.T) {
	for name, tc := range map[string]struct {
		cfg  stages.LoaderConfig[int, int]
		want [][]int
	}{
		"all":         {stages.LoaderConfig[int, int]{}, [][]int{{1}, {2, 3, 4, 5, 6, 7}}},
		"as they fit": {stages.LoaderConfig[int, int]{MaxBatch: 4}, [][]int{{1}, {2, 3, 4}, {5, 6, 7}}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				src := &recorder{answer: slow}
				l := oneCall(src, tc.cfg)
				stats := doubled(t, l, time.Millisecond, []int{1}, []int{2, 3}, []int{1, 3, 4}, []int{5, 6, 2, 7})
				if diff := cmp.Diff(tc.want, src.seen()); diff != "" {
					t.Error(diff)
				}
				loaded, calls := []int{}, 0
				for _, s := range stats {
					loaded = append(loaded, s.Loaded)
					calls += s.Calls
				}
				if diff := cmp.Diff([]int{1, 2, 1, 3}, loaded); diff != "" || calls != len(tc.want) {
					t.Errorf("%d calls are counted; loaded by batch: %s", calls, diff)
				}
			})
		})
	}
}

// Who waits together may leave alone, and what nobody waits for any more is not asked for.
func TestLeavingBeforeTheCall(t *testing.T) {
	for name, tc := range map[string]struct {
		leave []int // of the loads of 2 and 3
		want  [][]int
	}{
		"the first":  {[]int{2}, [][]int{{1}, {2, 3}}},
		"the second": {[]int{3}, [][]int{{1}, {2, 3}}},
		"both":       {[]int{2, 3}, [][]int{{1}}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				src := &recorder{answer: slow}
				l := oneCall(src, stages.LoaderConfig[int, int]{})
				var wg sync.WaitGroup
				for key := 1; key <= 3; key++ {
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					wg.Go(func() {
						time.Sleep(time.Duration(key) * time.Millisecond)
						answer := l.Load(ctx, key)[key]
						if left := slices.Contains(tc.leave, key); left != (answer.State == stages.Failed) || !left && answer.Value != 2*key {
							t.Errorf("key %d: %v", key, answer)
						}
					})
					if slices.Contains(tc.leave, key) {
						time.AfterFunc(500*time.Millisecond, cancel)
					}
				}
				wg.Wait()
				if diff := cmp.Diff(tc.want, src.seen()); diff != "" {
					t.Error(diff)
				}
				if r := l.Load(t.Context(), 2)[2]; r.Value != 4 { // Nothing is left behind.
					t.Errorf("loaded again: %v", r)
				}
			})
		})
	}
}

// A key that was invalidated after a load's stamp was taken would not be cached by it, and gets its own load.
func TestAnInvalidatedKeyDoesNotGoWithAnOlderStamp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory, err := resultcache.New(resultcache.MemoryConfig{MaxBytes: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		defer memory.Close()
		view := resultcache.For(memory, resultcache.ViewConfig[int, int]{TTL: time.Hour})
		src := &recorder{answer: slow}
		l := oneCall(src, stages.LoaderConfig[int, int]{Cache: loadcache.Seal(view)})
		var wg sync.WaitGroup
		for key := 1; key <= 3; key++ {
			wg.Go(func() {
				time.Sleep(time.Duration(key) * time.Millisecond)
				if key == 3 {
					view.Invalidate(t.Context(), 3)
				}
				if r := l.Load(t.Context(), key)[key]; r.Value != 2*key {
					t.Errorf("key %d: %v", key, r)
				}
			})
		}
		wg.Wait()
		if diff := cmp.Diff([][]int{{1}, {2}, {3}}, src.seen()); diff != "" {
			t.Error(diff)
		}
		l.Load(t.Context(), 1, 2, 3)
		if calls := len(src.seen()); calls != 3 {
			t.Errorf("%d calls: something is not kept", calls)
		}
	})
}
