package tiertest

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/stages"
)

const (
	space = "users/1"
	// patience is how long something may take that must happen.
	patience = 15 * time.Second
	// rounding is how much less exact than a time.Time a tier may keep an entry's times.
	rounding = time.Millisecond
)

// open opens a tier on a new store. It is closed with the test.
func (h Harness) open(t *testing.T) cachetier.Tier {
	t.Helper()
	return h.opened(t, h.New(t))
}

func (h Harness) opened(t *testing.T, open func(testing.TB) cachetier.Tier) cachetier.Tier {
	t.Helper()
	tier := open(t)
	t.Cleanup(func() {
		if err := tier.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return tier
}

// entry is good for an hour, and may be served stale for another.
func entry(value string) cachetier.Entry {
	now := time.Now()
	return cachetier.Entry{
		Value: []byte(value), State: stages.Loaded,
		Began: now, Born: now, Expires: now.Add(time.Hour), Until: now.Add(2 * time.Hour),
	}
}

// missing is an entry that says that there is no value.
func missing() cachetier.Entry {
	e := entry("")
	e.Value, e.State = nil, stages.Missing
	return e
}

// get gives what a tier holds, by key.
func get(t *testing.T, tier cachetier.Tier, space string, keys ...string) map[string]cachetier.Entry {
	t.Helper()
	found := map[string]cachetier.Entry{}
	seen := make([]bool, len(keys))
	tier.Get(t.Context(), space, keys, func(i int, e cachetier.Entry) {
		switch {
		case i < 0 || i >= len(keys):
			t.Fatalf("hit %d of %d keys", i, len(keys))
		case seen[i]:
			t.Errorf("two hits for the key %.80q", keys[i])
		}
		seen[i] = true
		found[keys[i]] = e
	})
	return found
}

func set(t *testing.T, tier cachetier.Tier, space string, entries map[string]cachetier.Entry) {
	t.Helper()
	keys := make([]string, 0, len(entries))
	list := make([]cachetier.Entry, 0, len(entries))
	for k, e := range entries {
		keys, list = append(keys, k), append(list, e)
	}
	tier.Set(t.Context(), space, keys, list)
}

// expect compares what a tier holds with what it should hold, of all the keys that are named.
func expect(t *testing.T, tier cachetier.Tier, space string, want map[string]cachetier.Entry, others ...string) {
	t.Helper()
	keys := slices.Clone(others)
	for k := range want {
		keys = append(keys, k)
	}
	got := get(t, tier, space, keys...)
	if len(want) == 0 && len(got) == 0 {
		return
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(bytes.Equal), cmpopts.EquateApproxTime(rounding), cmpopts.IgnoreFields(cachetier.Entry{}, "Began")); diff != "" {
		t.Errorf("space %q (-want +got):\n%.2000s", space, diff)
	}
}

// keep sets a key until the tier keeps it: a tier may take an entry for older than an invalidation of the same moment.
func keep(t *testing.T, tier cachetier.Tier, space, key, value string) {
	t.Helper()
	eventually(t, fmt.Sprintf("%q is kept again", key), func() bool {
		set(t, tier, space, map[string]cachetier.Entry{key: entry(value)})
		return string(get(t, tier, space, key)[key].Value) == value
	})
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for end := time.Now().Add(patience); !ok(); <-again.C {
		if time.Now().After(end) {
			t.Fatalf("within %v it was not so that %s", patience, what)
		}
	}
}
