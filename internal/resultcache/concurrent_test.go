package resultcache_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages"
)

// Readers, loaders and invalidators at once: no Get that begins after an invalidation sees an older value.
func TestNoConcurrentReadIsOlderThanAnInvalidation(t *testing.T) {
	const keys, burst = 32, 4
	m := newMemory(t, resultcache.MemoryConfig{MaxBytes: 1 << 20})
	v := resultcache.For(m, config[int, int64]("users"))
	var source, announced [keys]atomic.Int64
	all := sequence(keys)

	// Each pass of a loader sets off a burst of invalidations: enough to race with, few enough to leave hits.
	passes := make(chan int, 2)
	var invalidators, loaders sync.WaitGroup
	for range 2 {
		invalidators.Go(func() {
			for pass := range passes {
				for i := range burst {
					k := (pass + i) % keys
					version := source[k].Add(1)
					if pass%50 == 0 {
						v.InvalidateAll(t.Context())
					} else {
						v.Invalidate(t.Context(), k)
					}
					for old := announced[k].Load(); old < version && !announced[k].CompareAndSwap(old, version); {
						old = announced[k].Load()
					}
				}
			}
		})
	}
	for range 3 {
		loaders.Go(func() {
			for pass := 0; ; pass++ {
				if s := m.Stats(); s.Hits > 20_000 && s.Outdated > 1000 {
					return
				}
				select {
				case passes <- pass:
				default:
				}
				var atLeast [keys]int64
				for k := range all {
					atLeast[k] = announced[k].Load()
				}
				stamp := v.Get(t.Context(), all, func(i int, r stages.Result[int64], _ bool) {
					if r.Value < atLeast[i] {
						t.Errorf("key %d: version %d after version %d was announced", i, r.Value, atLeast[i])
					}
				})
				results := make([]stages.Result[int64], keys)
				for k := range all {
					results[k] = stages.Result[int64]{Value: source[k].Load(), State: stages.Loaded}
				}
				v.Set(t.Context(), stamp, all, results)
			}
		})
	}
	loaders.Wait()
	close(passes)
	invalidators.Wait()
}
