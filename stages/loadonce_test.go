package stages_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/loadcache"
	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages"
)

// With room for all, no key is loaded twice within its TTL, however many batches want it at once, and each stage of a
// batch makes at most one call.
func TestEachKeyIsLoadedOnce(t *testing.T) {
	const workers, batches, events, universe = 8, 40, 300, 20_000
	memory := newMemory(t)
	view := func(name string) *resultcache.View[int, int] {
		return resultcache.For(memory, resultcache.ViewConfig[int, int]{Loader: name, TTL: time.Hour})
	}
	var (
		mu     sync.Mutex
		loaded [2]map[int]int
	)
	source := func(stage int) *recorder {
		loaded[stage] = map[int]int{}
		return &recorder{answer: func(_ context.Context, _ int, b *stages.Batch[int, int]) error {
			mu.Lock()
			defer mu.Unlock()
			for _, k := range b.Keys {
				loaded[stage][k]++
			}
			double(b)
			return nil
		}}
	}
	sources := [2]*recorder{source(0), source(1)}
	var plan stages.Plan[int]
	first := stages.One(&plan, loader(sources[0], stages.LoaderConfig[int, int]{Cache: loadcache.Seal(view("first"))}), stages.By(&plan, self))
	second := stages.One(&plan, loader(sources[1], stages.LoaderConfig[int, int]{Cache: loadcache.Seal(view("second"))}), stages.Then(first, self))
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			zipf := rand.NewZipf(rand.New(rand.NewPCG(1, uint64(w))), 1.01, 1, universe-1)
			for range batches {
				keys := make([]int, events)
				for i := range keys {
					keys[i] = int(zipf.Uint64())
				}
				rows := plan.Run(t.Context(), keys)
				for row := range rows.All() {
					if r := second.Of(row); r.Value != 4*row.Event() {
						t.Errorf("key %d: %v", row.Event(), r)
						return
					}
				}
				for _, s := range rows.Stats() {
					if s.Calls > 1 {
						t.Errorf("%d calls for a stage of a batch", s.Calls)
					}
				}
			}
		})
	}
	wg.Wait()
	for stage := range loaded {
		for k, n := range loaded[stage] {
			if n != 1 {
				t.Fatalf("stage %d: key %d was loaded %d times", stage, k, n)
			}
		}
		t.Logf("stage %d: %d calls, %d keys, for %d batches", stage, len(sources[stage].seen()), len(loaded[stage]), workers*batches)
	}
}
