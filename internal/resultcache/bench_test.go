package resultcache_test

import (
	"fmt"
	"hash/maphash"
	"sync"
	"testing"

	"github.com/dgraph-io/ristretto/v2"

	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages"
)

const (
	benchKeys  = 2000
	goroutines = 4
)

// inParallel measures get, which looks up benchKeys keys, called by several goroutines at once.
func inParallel(b *testing.B, get func(goroutine int)) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		var wg sync.WaitGroup
		for g := range goroutines {
			wg.Go(func() { get(g) })
		}
		wg.Wait()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*goroutines*benchKeys), "ns/key")
}

func texts(from, n int) []string {
	s := make([]string, n)
	for i := range s {
		s[i] = fmt.Sprintf("user-%08d", from+i)
	}
	return s
}

func benchmarkGet[K comparable](b *testing.B, keysOf func(from, n int) []K) {
	b.Helper()
	v := resultcache.For(newMemory(b, resultcache.MemoryConfig{}), config[K, []byte]("users"))
	var keys [goroutines][]K
	for g := range keys {
		keys[g] = keysOf(g*benchKeys/2, benchKeys) // half of them are the next goroutine's too
		set(b, v, keys[g], loaded(make([][]byte, benchKeys)...))
	}
	var found [goroutines]struct {
		n int
		_ [56]byte
	}
	inParallel(b, func(g int) {
		v.Get(b.Context(), keys[g], func(int, stages.Result[[]byte], bool) { found[g].n++ })
	})
	if found[0].n != b.N*benchKeys {
		b.Errorf("%d of %d keys were found", found[0].n, b.N*benchKeys)
	}
}

func BenchmarkGet(b *testing.B) {
	b.Run("string", func(b *testing.B) { benchmarkGet(b, texts) })
	b.Run("int", func(b *testing.B) {
		benchmarkGet(b, func(from, n int) []int {
			keys := sequence(from + n)
			return keys[from:]
		})
	})
	b.Run("struct", func(b *testing.B) {
		type id struct {
			tenant string
			user   int64
		}
		benchmarkGet(b, func(from, n int) []id {
			keys := make([]id, n)
			for i := range keys {
				keys[i] = id{"tenant", int64(from + i)}
			}
			return keys
		})
	})
	b.Run("bare", func(b *testing.B) {
		seed := maphash.MakeSeed()
		c, err := ristretto.NewCache(&ristretto.Config[string, []byte]{
			NumCounters: 1e6, MaxCost: 1e6, BufferItems: 64, IgnoreInternalCost: true,
			KeyToHash: func(k string) (uint64, uint64) { return maphash.String(seed, k), 0 },
		})
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		var keys [goroutines][]string
		for g := range keys {
			keys[g] = texts(g*benchKeys/2, benchKeys)
			for _, k := range keys[g] {
				c.SetWithTTL(k, nil, 1, 1<<40)
			}
			c.Wait()
		}
		inParallel(b, func(g int) {
			for _, k := range keys[g] {
				c.Get(k)
			}
		})
	})
}

func BenchmarkSet(b *testing.B) {
	for _, full := range []bool{false, true} {
		b.Run(fmt.Sprintf("full=%t", full), func(b *testing.B) {
			cfg := resultcache.MemoryConfig{MaxBytes: 1 << 40, EntryBytes: 1 << 20}
			if full {
				cfg = resultcache.MemoryConfig{MaxBytes: 8 << 20}
			}
			v := resultcache.For(newMemory(b, cfg), config[int, []byte]("users"))
			keys, results := sequence(benchKeys), loaded(make([][]byte, benchKeys)...)
			b.ReportAllocs()
			for b.Loop() {
				for i := range keys {
					keys[i] += benchKeys
				}
				set(b, v, keys, results)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*benchKeys), "ns/key")
		})
	}
}
