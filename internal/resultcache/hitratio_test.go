package resultcache_test

import (
	"hash/maphash"
	"math/rand/v2"
	"testing"

	"github.com/dgraph-io/ristretto/v2"

	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages"
)

const (
	room     = 10_000    // entries
	universe = 1_000_000 // keys
	batchLen = 1000
	batches  = 300
)

// zipf gives batches of distinct keys, as the stages ask for them.
func zipf(id func(uint64) uint64) func() []uint64 {
	r := rand.New(rand.NewPCG(1, 2))
	z := rand.NewZipf(r, 1.01, 1, universe-1)
	return func() []uint64 {
		keys := make([]uint64, 0, batchLen)
		seen := make(map[uint64]bool, batchLen)
		for range batchLen {
			if k := id(z.Uint64()); !seen[k] {
				seen[k] = true
				keys = append(keys, k)
			}
		}
		return keys
	}
}

func bareRatio(t *testing.T, next func() []uint64) float64 {
	t.Helper()
	seed := maphash.MakeSeed()
	c, err := ristretto.NewCache(&ristretto.Config[uint64, uint64]{
		NumCounters: 10 * room, MaxCost: room, BufferItems: 64, IgnoreInternalCost: true,
		KeyToHash: func(k uint64) (uint64, uint64) { return maphash.Comparable(seed, k), 0 },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	hits, asked := 0, 0
	for range batches {
		var missed []uint64
		keys := next()
		for _, k := range keys {
			if _, ok := c.Get(k); !ok {
				missed = append(missed, k)
			}
		}
		for _, k := range missed {
			c.Set(k, k, 1)
		}
		c.Wait()
		hits += len(keys) - len(missed)
		asked += len(keys)
	}
	return float64(hits) / float64(asked)
}

func viewRatio(t *testing.T, next func() []uint64) float64 {
	t.Helper()
	entry := cost(t, resultcache.ViewConfig[uint64, uint64]{}, 1, 1)
	m := newMemory(t, resultcache.MemoryConfig{MaxBytes: room * entry, EntryBytes: entry})
	v := resultcache.For(m, config[uint64, uint64]("users"))
	for range batches {
		keys := next()
		hit := make([]bool, len(keys))
		stamp := v.Get(t.Context(), keys, func(i int, _ stages.Result[uint64], _ bool) { hit[i] = true })
		var missed []uint64
		for i, k := range keys {
			if !hit[i] {
				missed = append(missed, k)
			}
		}
		v.Set(t.Context(), stamp, missed, loaded(missed...))
	}
	s := m.Stats()
	return float64(s.Hits) / float64(s.Hits+s.Misses)
}

func TestTheHitRatioIsRistrettos(t *testing.T) {
	for name, id := range map[string]func(uint64) uint64{
		"dense": func(n uint64) uint64 { return n },
		// A time, a machine and a sequence that is nearly always 0.
		"snowflake": func(n uint64) uint64 { return n<<22 | n%3<<12 },
	} {
		t.Run(name, func(t *testing.T) {
			bare, ours := bareRatio(t, zipf(id)), viewRatio(t, zipf(id))
			if ours < bare-0.02 {
				t.Errorf("hit ratio %.3f, bare ristretto has %.3f", ours, bare)
			}
			t.Logf("hit ratio %.3f, bare ristretto %.3f", ours, bare)
		})
	}
}
