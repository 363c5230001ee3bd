package resultcache_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages"
)

func TestConfigMistakesAreAllReported(t *testing.T) {
	_, err := resultcache.New(resultcache.MemoryConfig{MaxBytes: -1, EntryBytes: -2})
	if err == nil || !strings.Contains(err.Error(), "MaxBytes is -1") || !strings.Contains(err.Error(), "EntryBytes is -2") {
		t.Errorf("New: %v", err)
	}
	m, err := resultcache.New(resultcache.MemoryConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if s := m.Stats(); s.MaxBytes != 256<<20 {
		t.Errorf("the default is %d bytes", s.MaxBytes)
	}
}

func TestWhichResultsAreKept(t *testing.T) {
	failed := stages.Result[string]{State: stages.Failed, Err: errors.New("timeout")}
	blocked := stages.Result[string]{State: stages.Blocked, Err: stages.ErrBlocked}
	missing := stages.Result[string]{State: stages.Missing, Value: "left over"}
	results := append(loaded("a"), missing, failed, blocked)
	for name, tc := range map[string]struct {
		ttl, negative time.Duration
		want          map[int]string
	}{
		"both":     {time.Hour, time.Minute, map[int]string{0: "loaded a", 1: "missing "}},
		"loaded":   {time.Hour, 0, map[int]string{0: "loaded a"}},
		"missing":  {0, time.Minute, map[int]string{1: "missing "}},
		"nothing":  {0, 0, map[int]string{}},
		"negative": {-1, -1, map[int]string{}},
		"forever":  {1<<63 - 1, 0, map[int]string{0: "loaded a"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMemory(t, resultcache.MemoryConfig{MaxBytes: 1 << 20})
			v := resultcache.For(m, resultcache.ViewConfig[int, string]{Loader: "users", TTL: tc.ttl, NegativeTTL: tc.negative})
			set(t, v, sequence(4), results)
			if diff := cmp.Diff(tc.want, get(t, v, sequence(4)...)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if s := m.Stats(); s.Written != uint64(len(tc.want)) || s.Hits != s.Written || s.Misses != 4-s.Hits {
				t.Errorf("stats: %+v", s)
			}
		})
	}
}

func TestWhatReplacesWhat(t *testing.T) {
	v := resultcache.For(newMemory(t, resultcache.MemoryConfig{}), config[int, string]("users"))
	missing := []stages.Result[string]{{}}
	for _, step := range []struct {
		r    []stages.Result[string]
		want string
	}{{loaded("a"), "loaded a"}, {loaded("b"), "loaded b"}, {missing, "missing "}, {loaded("c"), "loaded c"}} {
		set(t, v, []int{1}, step.r)
		if diff := cmp.Diff(map[int]string{1: step.want}, get(t, v, 1)); diff != "" {
			t.Fatalf("-want +got:\n%s", diff)
		}
	}
}

func TestANegativeEntryHasItsOwnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := resultcache.ViewConfig[int, string]{Loader: "users", TTL: time.Minute, NegativeTTL: time.Second, Jitter: -1}
		m := newMemory(t, resultcache.MemoryConfig{})
		v := resultcache.For(m, cfg)
		set(t, v, []int{1, 2}, append(loaded("a"), stages.Result[string]{}))
		if hits := get(t, v, 1, 2); len(hits) != 2 || m.Stats().NegativeHits != 1 {
			t.Errorf("hits %v, stats %+v", hits, m.Stats())
		}
		time.Sleep(time.Second)
		if diff := cmp.Diff(map[int]string{1: "loaded a"}, get(t, v, 1, 2)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

func TestJitterShortensWithinItsShare(t *testing.T) {
	for name, tc := range map[string]struct {
		jitter float64
		first  time.Duration // nothing expires before
	}{
		"default": {0, 90 * time.Second},
		"half":    {0.5, 50 * time.Second},
		"too big": {7, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := config[int, int]("users")
				cfg.TTL, cfg.Jitter = 100*time.Second, tc.jitter
				v := resultcache.For(newMemory(t, resultcache.MemoryConfig{}), cfg)
				keys := sequence(2000)
				set(t, v, keys, loaded(keys...))
				middle := (tc.first + cfg.TTL) / 2
				time.Sleep(tc.first)
				early := len(get(t, v, keys...))
				time.Sleep(middle - tc.first)
				half := len(get(t, v, keys...))
				time.Sleep(cfg.TTL - middle)
				if late := len(get(t, v, keys...)); early < 1999 || half < 800 || half > 1200 || late != 0 {
					t.Errorf("of 2000 keys %d, %d and %d are left; want all, about 1000 and none", early, half, late)
				}
			})
		})
	}
}

func TestALoadInFlightCannotUndoAnInvalidation(t *testing.T) {
	for name, invalidate := range map[string]func(*resultcache.View[int, string]){
		"the key":  func(v *resultcache.View[int, string]) { v.Invalidate(t.Context(), 1) },
		"all keys": func(v *resultcache.View[int, string]) { v.InvalidateAll(t.Context()) },
	} {
		t.Run(name, func(t *testing.T) {
			m := newMemory(t, resultcache.MemoryConfig{})
			v := resultcache.For(m, config[int, string]("users"))
			slow := stamp(t, v)
			invalidate(v)
			v.Set(t.Context(), slow, []int{1}, loaded("old"))
			if hits := get(t, v, 1); len(hits) != 0 {
				t.Errorf("a load from before the invalidation was kept: %v", hits)
			}
			set(t, v, []int{1}, loaded("new"))
			// It must not take the newer value's place either.
			v.Set(t.Context(), slow, []int{1}, loaded("old"))
			if diff := cmp.Diff(map[int]string{1: "loaded new"}, get(t, v, 1)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if s := m.Stats(); s.Outdated != 2 || s.Written != 1 || s.Invalidations != 1 {
				t.Errorf("stats: %+v", s)
			}
		})
	}
}

func TestTheLatestOfConcurrentInvalidationsCounts(t *testing.T) {
	m := newMemory(t, resultcache.MemoryConfig{})
	v := resultcache.For(m, config[int, int]("users"))
	const rounds, each = 200, 200
	for range rounds {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range each {
					v.Invalidate(t.Context(), 1)
				}
			})
		}
		wg.Wait()
		before := stamp(t, v)
		before.Seq--
		v.Set(t.Context(), before, []int{1}, loaded(1))
		if hits := get(t, v, 1); len(hits) != 0 {
			t.Fatal("a load from before the last invalidation was kept")
		}
	}
	if s := m.Stats(); s.Outdated != rounds {
		t.Errorf("%d of %d loads were left out", s.Outdated, rounds)
	}
}

func TestAnInvalidationHidesFewOtherKeys(t *testing.T) {
	v := resultcache.For(newMemory(t, resultcache.MemoryConfig{}), config[int, int]("users"))
	keys := sequence(20_000)
	set(t, v, keys, loaded(keys...))
	v.Invalidate(t.Context(), keys[:100]...)
	if hidden := len(keys) - len(get(t, v, keys...)); hidden < 100 || hidden > 150 {
		t.Errorf("100 keys were invalidated and %d are hidden", hidden)
	}
}

func TestOnlySomeKeysAreMissed(t *testing.T) {
	v := resultcache.For(newMemory(t, resultcache.MemoryConfig{}), config[string, int]("users"))
	set(t, v, []string{"b", "d"}, loaded(2, 4))
	var at []int
	v.Get(t.Context(), []string{"a", "b", "c", "d", "b"}, func(i int, r stages.Result[int], _ bool) { at = append(at, i, r.Value) })
	if diff := cmp.Diff([]int{1, 2, 3, 4, 4, 2}, at); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestKeysAreCloned(t *testing.T) {
	type id string
	buffer := strings.Repeat("x", 1000)
	m := newMemory(t, resultcache.MemoryConfig{})
	strs := resultcache.For(m, resultcache.ViewConfig[string, int]{Loader: "strings", TTL: time.Hour, Cost: func(key string, _ int) int64 {
		if unsafe.StringData(key) == unsafe.StringData(buffer) {
			t.Error("a string key still points into the buffer")
		}
		return int64(len(key))
	}})
	set(t, strs, []string{buffer[:3]}, loaded(1))
	ids := resultcache.For(m, resultcache.ViewConfig[id, int]{Loader: "ids", TTL: time.Hour, Cost: func(key id, _ int) int64 {
		if unsafe.StringData(string(key)) == unsafe.StringData(buffer) {
			t.Error("a key of a type of strings still points into the buffer")
		}
		return int64(len(key))
	}})
	set(t, ids, []id{id(buffer[:3])}, loaded(2))
	if len(get(t, ids, "xxx")) != 1 || len(get(t, strs, "xxx")) != 1 {
		t.Errorf("ids %v, strings %v", get(t, ids, "xxx"), get(t, strs, "xxx"))
	}
}
