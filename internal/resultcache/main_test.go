package resultcache_test

import (
	"fmt"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/loaderline/loaderline/internal/loadcache"
	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newMemory(tb testing.TB, cfg resultcache.MemoryConfig) *resultcache.Memory {
	tb.Helper()
	if cfg.MaxBytes == 0 {
		cfg.MaxBytes = 64 << 20
	}
	m, err := resultcache.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(m.Close)
	return m
}

// config keeps everything for an hour.
func config[K comparable, V any](loader string) resultcache.ViewConfig[K, V] {
	return resultcache.ViewConfig[K, V]{Loader: loader, TTL: time.Hour, NegativeTTL: time.Hour}
}

func loaded[V any](values ...V) []stages.Result[V] {
	results := make([]stages.Result[V], len(values))
	for i, v := range values {
		results[i] = stages.Result[V]{Value: v, State: stages.Loaded}
	}
	return results
}

// get gives the hits as text, by key.
func get[K comparable, V any](tb testing.TB, v *resultcache.View[K, V], keys ...K) map[K]string {
	tb.Helper()
	hits := make(map[K]string)
	v.Get(tb.Context(), keys, func(i int, r stages.Result[V], _ bool) {
		if r.Err != nil {
			tb.Errorf("key %v is kept with the error %v", keys[i], r.Err)
		}
		hits[keys[i]] = fmt.Sprint(r.State, " ", r.Value)
	})
	return hits
}

func stamp[K comparable, V any](tb testing.TB, v *resultcache.View[K, V]) loadcache.Stamp {
	tb.Helper()
	return v.Get(tb.Context(), nil, nil)
}

// set keeps values that are loaded now.
func set[K comparable, V any](tb testing.TB, v *resultcache.View[K, V], keys []K, results []stages.Result[V]) {
	tb.Helper()
	v.Set(tb.Context(), stamp(tb, v), keys, results)
}

func sequence(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}
