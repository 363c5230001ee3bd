package resultcache_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/cachetier/tiertest"
	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages"
)

// text is the codec of values that are their own bytes.
var text = resultcache.Codec[int, string]{
	Key:    strconv.Itoa,
	Encode: func(v string) ([]byte, error) { return []byte(v), nil },
	Decode: func(b []byte) (string, error) {
		if string(b) == "unreadable" {
			return "", errors.New("no such value")
		}
		return string(b), nil
	},
}

// tiered is the configuration of a view with tiers. Its entries are good for a minute, and may be served for another hour.
func tiered() resultcache.ViewConfig[int, string] {
	return resultcache.ViewConfig[int, string]{
		Loader: "users", TTL: time.Minute, NegativeTTL: 10 * time.Second, StaleIfError: time.Hour, Jitter: -1, Codec: &text,
	}
}

// restarted is a view in a new memory over tiers, as a process has it that has just started.
func restarted(t *testing.T, cfg resultcache.ViewConfig[int, string], tiers ...cachetier.Tier) *resultcache.View[int, string] {
	t.Helper()
	return resultcache.For(newMemory(t, resultcache.MemoryConfig{Tiers: tiers}), cfg)
}

// origins are where the hits come from, by key: the tier, and the age.
func origins(t *testing.T, v *resultcache.View[int, string], keys ...int) map[int]string {
	t.Helper()
	found := map[int]string{}
	v.Get(t.Context(), keys, func(i int, r stages.Result[string], _ bool) {
		if r.Tier == 0 || r.Stale {
			t.Errorf("key %d is %+v", keys[i], r)
		}
		found[keys[i]] = strings.Join([]string{r.State.String(), r.Value, strconv.Itoa(int(r.Tier) - 1), r.Age.String()}, " ")
	})
	return found
}

func wantOrigins(t *testing.T, v *resultcache.View[int, string], want map[int]string) {
	t.Helper()
	keys := make([]int, 0, len(want))
	for k := range want {
		keys = append(keys, k)
	}
	if diff := cmp.Diff(want, origins(t, v, append(keys, 99)...)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTheTiersAnswerWhatTheMemoryDoesNotHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var disk, shared tiertest.Store
		first := restarted(t, tiered(), tiertest.NewFake(&disk), tiertest.NewFake(&shared))
		set(t, first, []int{1, 2}, append(loaded("a"), stages.Result[string]{}))
		wantOrigins(t, first, map[int]string{1: "loaded a 0 0s", 2: "missing  0 0s"})

		time.Sleep(5 * time.Second)
		again := restarted(t, tiered(), tiertest.NewFake(&disk), tiertest.NewFake(&shared))
		wantOrigins(t, again, map[int]string{1: "loaded a 1 5s", 2: "missing  1 5s"})
		wantOrigins(t, again, map[int]string{1: "loaded a 0 5s", 2: "missing  0 5s"})

		// Another machine has the shared tier alone, and keeps on its own disk what it finds there.
		var otherDisk tiertest.Store
		other := restarted(t, tiered(), tiertest.NewFake(&otherDisk), tiertest.NewFake(&shared))
		wantOrigins(t, other, map[int]string{1: "loaded a 2 5s", 2: "missing  2 5s"})
		wantOrigins(t, restarted(t, tiered(), tiertest.NewFake(&otherDisk)), map[int]string{1: "loaded a 1 5s", 2: "missing  1 5s"})

		// Wherever it has been, its time is what it was.
		time.Sleep(5 * time.Second)
		wantOrigins(t, other, map[int]string{1: "loaded a 0 10s"})
		time.Sleep(50 * time.Second)
		for _, v := range []*resultcache.View[int, string]{first, again, other, restarted(t, tiered(), tiertest.NewFake(&otherDisk))} {
			wantOrigins(t, v, map[int]string{})
		}
	})
}

func TestTiersAreAskedOnceInBulkForWhatIsLeft(t *testing.T) {
	var disk, shared tiertest.Store
	fast, slow := tiertest.NewFake(&disk), tiertest.NewFake(&shared)
	m := newMemory(t, resultcache.MemoryConfig{Tiers: []cachetier.Tier{fast, slow}})
	v := resultcache.For(m, tiered())
	set(t, restarted(t, tiered(), fast), []int{2, 3}, loaded("b", "unreadable"))
	set(t, restarted(t, tiered(), slow), []int{4}, loaded("d"))
	set(t, v, []int{1}, loaded("a"))
	calls := map[string]int{}
	fast.Before = func(method string) { calls["fast "+method]++ }
	slow.Before = func(method string) { calls["slow "+method]++ }
	get(t, v, 1, 2, 3, 4, 5)
	// What the slow one held was written into the fast one.
	if diff := cmp.Diff(map[string]int{"fast Get": 1, "slow Get": 1, "fast Set": 1}, calls); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	want := []resultcache.TierStats{{Name: "fake", Hits: 1, Misses: 3, Unreadable: 1}, {Name: "fake", Hits: 1, Misses: 2}}
	if s := m.Stats(); !cmp.Equal(s.Tiers, want) || s.Hits != 1 || s.Misses != 4 {
		t.Errorf("%+v", s)
	}
	clear(calls)
	get(t, v, 1, 2, 4)
	if len(calls) > 0 {
		t.Errorf("the memory holds all, and there were %v", calls)
	}
}

func TestStaleValuesAreFoundInTheTiers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var disk tiertest.Store
		set(t, restarted(t, tiered(), tiertest.NewFake(&disk)), []int{1, 2}, append(loaded("a"), stages.Result[string]{}))
		time.Sleep(95 * time.Second)
		tier := tiertest.NewFake(&disk)
		v := restarted(t, tiered(), tier)
		stale := func() (found []string) {
			v.GetStale(t.Context(), []int{1, 2, 3}, func(i int, r stages.Result[string]) {
				found = append(found, strconv.Itoa(i)+" "+r.Value+" "+r.Age.String())
			})
			return found
		}
		wantOrigins(t, v, map[int]string{})
		for _, away := range []bool{false, true} { // the second time it is the memory's
			tier.SetAway(away)
			if diff := cmp.Diff([]string{"0 a 1m35s"}, stale()); diff != "" {
				t.Errorf("away %t: -want +got:\n%s", away, diff)
			}
		}
		wantOrigins(t, v, map[int]string{})
		tier.SetAway(false)
		v.Invalidate(t.Context(), 1)
		if found := stale(); len(found) > 0 {
			t.Errorf("an invalidated value is served: %v", found)
		}
		time.Sleep(time.Hour)
		if found := stale(); len(found) > 0 {
			t.Errorf("a value beyond the bound is served: %v", found)
		}
	})
}

func TestAViewWithoutACodecUsesTheMemoryAlone(t *testing.T) {
	var store tiertest.Store
	tier := tiertest.NewFake(&store)
	tier.Before = func(method string) { t.Errorf("%s of the tier", method) }
	cfg := tiered()
	cfg.Codec = nil
	v := restarted(t, cfg, tier)
	set(t, v, []int{1}, loaded("a"))
	get(t, v, 1, 2)
	v.Invalidate(t.Context(), 1)
	v.InvalidateAll(t.Context())
}

func TestVersionsShareNothingInATier(t *testing.T) {
	var store tiertest.Store
	cfg := tiered()
	cfg.Loader, cfg.Version = "a", "b/c"
	set(t, restarted(t, cfg, tiertest.NewFake(&store)), []int{1}, loaded("a"))
	for _, other := range [][2]string{{"a", "b"}, {"a/b", "c"}, {"a", ""}, {"a%2Fb", "c"}} {
		cfg.Loader, cfg.Version = other[0], other[1]
		if hits := get(t, restarted(t, cfg, tiertest.NewFake(&store)), 1); len(hits) > 0 {
			t.Errorf("%q reads %v", other, hits)
		}
	}
}
