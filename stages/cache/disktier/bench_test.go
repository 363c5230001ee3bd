package disktier_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/cache/disktier"
)

const (
	benchSpace   = "users/SELECT 1"
	benchEntries = 1_000_000
	bulk         = 5000
)

// row is what a small row looks like, as JSON.
func row(i int) []byte {
	return fmt.Appendf(nil, `{"id":%d,"name":"user %d","email":"user-%x@example.com","tier":"gold","since":"2024-11-%02d","note":"%x"}`,
		i, i, i*7919, i%28+1, mixed(i))
}

func benchKey(i int) string { return fmt.Sprintf("%016x", mixed(i)) }

// mixed spreads keys over the whole range.
func mixed(i int) uint64 { return uint64(i) * 0x9e3779b97f4a7c15 }

// fill keeps n entries, however long that takes.
func fill(tb testing.TB, tier *disktier.Tier, n int) {
	tb.Helper()
	now := time.Now()
	keys, entries := make([]string, 0, bulk), make([]cachetier.Entry, 0, bulk)
	for i := range n {
		keys = append(keys, benchKey(i))
		entries = append(entries, cachetier.Entry{Value: row(i), State: stages.Loaded, Born: now, Expires: now.Add(time.Hour), Until: now.Add(2 * time.Hour)})
		if len(keys) < bulk && i < n-1 {
			continue
		}
		for refused := tier.Stats().Refused; ; refused = tier.Stats().Refused {
			if tier.Set(tb.Context(), benchSpace, keys, entries); tier.Stats().Refused == refused {
				break
			}
		}
		keys, entries = keys[:0], entries[:0]
	}
}

// BenchmarkMillion holds a million entries on disk, opens them again, and looks 5,000 keys up at a time, chosen at random of all.
func BenchmarkMillion(b *testing.B) {
	cfg := disktier.Config{Dir: b.TempDir()}
	start := time.Now()
	tier := open(b, cfg)
	fill(b, tier, benchEntries)
	b.Logf("%d entries set in %.1f s", benchEntries, time.Since(start).Seconds())
	if err := tier.Close(); err != nil {
		b.Fatal(err)
	}

	before := heap()
	start = time.Now()
	tier = open(b, cfg)
	defer closed(b, tier)
	if n := hits(b, tier, []string{benchKey(benchEntries / 2)}); n != 1 {
		b.Fatal("the first key is not there")
	}
	b.Logf("first hit after %d ms, from files of %d MiB", time.Since(start).Milliseconds(), tier.Stats().Bytes>>20)

	bench := func(name string, key func(int) string, get func(keys []string)) {
		rng := rand.New(rand.NewPCG(1, 2))
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			keys := make([]string, bulk)
			for b.Loop() {
				b.StopTimer()
				for i := range keys {
					keys[i] = key(rng.IntN(benchEntries))
				}
				b.StartTimer()
				get(keys)
			}
		})
	}
	bench("disk-hits", benchKey, func(keys []string) { hits(b, tier, keys) })
	bench("disk-misses", func(i int) string { return benchKey(i) + "x" }, func(keys []string) { hits(b, tier, keys) })
	b.Logf("%d MiB of heap", (heap()-before)>>20)
	view := memory(b)
	bench("memory-hits", benchKey, func(keys []string) { view.Get(b.Context(), keys, func(int, stages.Result[[]byte], bool) {}) })
}

// heap is what is alive, in bytes.
func heap() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

func hits(tb testing.TB, tier cachetier.Tier, keys []string) (n int) {
	tb.Helper()
	tier.Get(tb.Context(), benchSpace, keys, func(int, cachetier.Entry) { n++ })
	return n
}

// memory holds the same in memory.
func memory(b *testing.B) *resultcache.View[string, []byte] {
	b.Helper()
	m, err := resultcache.New(resultcache.MemoryConfig{MaxBytes: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(m.Close)
	view := resultcache.For[string, []byte](m, resultcache.ViewConfig[string, []byte]{Loader: "users", TTL: time.Hour})
	keys, results := make([]string, benchEntries), make([]stages.Result[[]byte], benchEntries)
	for i := range keys {
		keys[i], results[i] = benchKey(i), stages.Result[[]byte]{State: stages.Loaded, Value: row(i)}
	}
	view.Set(b.Context(), view.Get(b.Context(), nil, nil), keys, results)
	return view
}
