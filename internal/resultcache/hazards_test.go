package resultcache_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/loadcache"
	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages"
)

// Each test here is for a hazard of ristretto that a view's user must never meet.

func TestNoSetIsDropped(t *testing.T) {
	m := newMemory(t, resultcache.MemoryConfig{})
	v := resultcache.For(m, config[int, int]("users"))
	keys := sequence(100_000)
	set(t, v, keys, loaded(keys...))
	if hits := get(t, v, keys...); len(hits) != len(keys) {
		t.Errorf("%d of %d keys can be read after Set", len(hits), len(keys))
	}
	if s := m.Stats(); s.Dropped != 0 || s.Written != uint64(len(keys)) {
		t.Errorf("dropped %d, written %d; want 0 and %d", s.Dropped, s.Written, len(keys))
	}
}

func TestTheSecondSetOfANewKeyIsSeen(t *testing.T) {
	v := resultcache.For(newMemory(t, resultcache.MemoryConfig{}), config[int, string]("users"))
	for key := range 2000 {
		set(t, v, []int{key, key}, loaded("old", "new"))
		if diff := cmp.Diff(map[int]string{key: "loaded new"}, get(t, v, key)); diff != "" {
			t.Fatalf("twice in one Set (-want +got):\n%s", diff)
		}
		set(t, v, []int{key}, loaded("newer"))
		if diff := cmp.Diff(map[int]string{key: "loaded newer"}, get(t, v, key)); diff != "" {
			t.Fatalf("once more (-want +got):\n%s", diff)
		}
	}
}

func TestTheLastOfConcurrentSetsIsSeen(t *testing.T) {
	v := resultcache.For(newMemory(t, resultcache.MemoryConfig{}), config[int, int]("users"))
	for key := range 200 {
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() { v.Set(t.Context(), loadcache.Stamp{}, []int{key}, loaded(i)) })
		}
		wg.Wait()
		set(t, v, []int{key}, loaded(99))
		if diff := cmp.Diff(map[int]string{key: "loaded 99"}, get(t, v, key)); diff != "" {
			t.Fatalf("-want +got:\n%s", diff)
		}
	}
}

func TestInvalidationIsImmediate(t *testing.T) {
	v := resultcache.For(newMemory(t, resultcache.MemoryConfig{}), config[int, int]("users"))
	for key := range 5000 {
		set(t, v, []int{key}, loaded(key))
		v.Invalidate(t.Context(), key)
		for range 20 {
			if hits := get(t, v, key); len(hits) != 0 {
				t.Fatalf("key %d was invalidated and is still there: %v", key, hits)
			}
		}
	}
}

func TestCloseMayRaceGetAndSet(t *testing.T) {
	keys := sequence(500)
	for range 20 {
		m, err := resultcache.New(resultcache.MemoryConfig{MaxBytes: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		v := resultcache.For(m, config[int, int]("users"))
		work := []func(i int){
			func(int) { v.Get(t.Context(), keys, func(int, stages.Result[int], bool) {}) },
			func(int) { set(t, v, keys, loaded(keys...)) },
			func(i int) { v.Invalidate(t.Context(), keys[i%len(keys)]); m.Stats() },
		}
		stop, begun := make(chan struct{}), make(chan struct{}, len(work))
		var wg sync.WaitGroup
		for _, do := range work {
			wg.Go(func() {
				for i := 0; ; i++ {
					select {
					case <-stop:
						return
					default:
					}
					do(i)
					if i == 0 {
						begun <- struct{}{}
					}
				}
			})
		}
		for range work {
			<-begun
		}
		m.Close()
		m.Close()
		set(t, v, keys, loaded(keys...))
		if hits := get(t, v, keys...); len(hits) != 0 {
			t.Errorf("%d keys are kept after Close", len(hits))
		}
		close(stop)
		wg.Wait()
		if s := m.Stats(); s.Bytes != 0 || s.Dropped != 0 {
			t.Errorf("after Close: %+v", s)
		}
	}
}

func TestEqualKeysOfOthersAreOtherEntries(t *testing.T) {
	m := newMemory(t, resultcache.MemoryConfig{})
	v1 := config[int, string]("users")
	v1.Version = "v1"
	v2 := v1
	v2.Version = "v2"
	users, changed := resultcache.For(m, v1), resultcache.For(m, v2)
	products := resultcache.For(m, config[int, string]("products"))
	counts := resultcache.For(m, resultcache.ViewConfig[int, int]{Loader: "users", Version: "v1", TTL: time.Hour})

	set(t, users, []int{5}, loaded("a user"))
	set(t, products, []int{5}, loaded("a product"))
	set(t, counts, []int{5}, loaded(12))
	for name, tc := range map[string]struct{ got, want map[int]string }{
		"a loader":        {get(t, users, 5), map[int]string{5: "loaded a user"}},
		"the same loader": {get(t, resultcache.For(m, v1), 5), map[int]string{5: "loaded a user"}},
		"another loader":  {get(t, products, 5), map[int]string{5: "loaded a product"}},
		"another type":    {get(t, counts, 5), map[int]string{5: "loaded 12"}},
		"another version": {get(t, changed, 5), map[int]string{}},
	} {
		if diff := cmp.Diff(tc.want, tc.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	users.InvalidateAll(t.Context())
	if hits := get(t, products, 5); len(hits) != 1 {
		t.Error("one loader's invalidation reached another's")
	}
}

func TestKeysOfOneHashAreToldApart(t *testing.T) {
	v := resultcache.For(newMemory(t, resultcache.MemoryConfig{}), config[string, string]("users"))
	resultcache.SetUnder(v, "ann", "bob", "bob's")
	if hits := get(t, v, "ann", "bob"); len(hits) != 0 {
		t.Errorf("ann reads %v", hits)
	}
	set(t, v, []string{"ann"}, loaded("ann's"))
	if diff := cmp.Diff(map[string]string{"ann": "loaded ann's"}, get(t, v, "ann")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTheBudgetIsUsed(t *testing.T) {
	const maxBytes = 1 << 20
	m := newMemory(t, resultcache.MemoryConfig{MaxBytes: maxBytes})
	v := resultcache.For(m, config[int, int]("users"))
	keys := sequence(20_000)
	set(t, v, keys, loaded(keys...))
	s := m.Stats()
	if s.Bytes > maxBytes || s.Bytes < maxBytes*99/100 {
		t.Errorf("%d of %d bytes are used", s.Bytes, maxBytes)
	}
	if hits := get(t, v, keys...); s.Written-s.Rejected-s.Evictions != uint64(len(hits)) {
		t.Errorf("the counters do not add up to the %d entries there: %+v", len(hits), s)
	}
}

// Replacing values by larger ones makes no room in ristretto: it would go on to hold them all.
func TestGrowingValuesStayInTheBudget(t *testing.T) {
	const maxBytes = 1 << 20
	m := newMemory(t, resultcache.MemoryConfig{MaxBytes: maxBytes})
	v := resultcache.For(m, config[int, []byte]("users"))
	keys := sequence(500)
	for size := 100; size <= 2*maxBytes; size *= 3 {
		results := make([]stages.Result[[]byte], len(keys))
		value := make([]byte, size)
		for i := range results {
			results[i] = stages.Result[[]byte]{Value: value, State: stages.Loaded}
		}
		set(t, v, keys, results)
		if s := m.Stats(); s.Bytes > maxBytes {
			t.Errorf("values of %d bytes: %d bytes are held, %d allowed", size, s.Bytes, maxBytes)
		}
		if size < maxBytes/4 && len(get(t, v, keys...)) == 0 {
			t.Errorf("values of %d bytes: none is kept", size)
		}
	}
}

func TestExpiredEntriesAreMissedAtOnceAndSweptSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, resultcache.MemoryConfig{})
		cfg := config[int, int]("users")
		cfg.TTL, cfg.Jitter = time.Second, -1
		v := resultcache.For(m, cfg)
		keys := sequence(100)
		set(t, v, keys, loaded(keys...))
		time.Sleep(time.Second - 1)
		if hits := get(t, v, keys...); len(hits) != len(keys) {
			t.Errorf("%d of %d keys are there just before their time", len(hits), len(keys))
		}
		time.Sleep(time.Nanosecond)
		if hits := get(t, v, keys...); len(hits) != 0 {
			t.Errorf("%d keys outlived their time", len(hits))
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if s := m.Stats(); s.Bytes != 0 || s.Expirations != uint64(len(keys)) || s.Evictions != 0 {
			t.Errorf("after the sweep: %+v", s)
		}
	})
}

func TestMemoryIsWhatTheBudgetSays(t *testing.T) {
	const maxBytes = 16 << 20
	empty := heapInUse()
	m := newMemory(t, resultcache.MemoryConfig{MaxBytes: maxBytes})
	fixed := heapInUse() - empty
	if fixed > maxBytes/10 {
		t.Errorf("an empty memory of %d bytes takes %d", maxBytes, fixed)
	}
	v := resultcache.For(m, config[string, []byte]("users"))
	// Small entries, where the overhead weighs most, and many more than there is room for.
	for batch := range 30 {
		keys, results := make([]string, 5000), make([]stages.Result[[]byte], 5000)
		for i := range keys {
			keys[i] = fmt.Sprintf("%016d", batch*len(keys)+i)
			results[i] = stages.Result[[]byte]{Value: make([]byte, 40), State: stages.Loaded}
		}
		set(t, v, keys, results)
	}
	used := heapInUse() - empty - fixed
	if used > maxBytes*11/10 || used < maxBytes*6/10 {
		t.Errorf("a full memory of %d bytes takes %d", maxBytes, used)
	}
	t.Logf("fixed %d, full %d of %d", fixed, used, maxBytes)
	runtime.KeepAlive(v)
}

func heapInUse() int64 {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}
