package resultcache_test

import (
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/loaderline/loaderline/internal/resultcache"
)

// cost is what one entry adds to the bytes in use.
func cost[K comparable, V any](t *testing.T, cfg resultcache.ViewConfig[K, V], key K, value V) int64 {
	t.Helper()
	m := newMemory(t, resultcache.MemoryConfig{MaxBytes: 1 << 20})
	cfg.Loader, cfg.TTL = "any", time.Hour
	set(t, resultcache.For(m, cfg), []K{key}, loaded(value))
	return m.Stats().Bytes
}

type tree struct {
	name     string
	children []*tree
	at       time.Time
	notes    map[string]string
	any      any
}

func TestTheDefaultCostIsWhatTheValueHolds(t *testing.T) {
	sized := func(n int64) resultcache.ViewConfig[int, *tree] {
		return resultcache.ViewConfig[int, *tree]{Cost: func(int, *tree) int64 { return n }}
	}
	var none resultcache.ViewConfig[int, *tree]
	node := int64(unsafe.Sizeof(tree{}))
	base := cost(t, none, 1, nil)
	cycle := &tree{}
	cycle.children = []*tree{cycle}
	for name, tc := range map[string]struct {
		value *tree
		want  int64
	}{
		"flat":      {&tree{at: time.Now()}, node},
		"strings":   {&tree{name: strings.Repeat("x", 160)}, node + 160},
		"children":  {&tree{children: []*tree{{name: strings.Repeat("x", 160)}, nil}}, node + 16 + node + 160},
		"capacity":  {&tree{children: make([]*tree, 0, 100)}, node + 800},
		"interface": {&tree{any: [32]byte{}}, node + 32},
		"map":       {&tree{notes: map[string]string{strings.Repeat("k", 160): strings.Repeat("v", 320)}}, node + 48 + 48 + 160 + 320},
		"cycle":     {cycle, node + 16},
	} {
		got, want := cost(t, none, 1, tc.value)-base, tc.want
		if got < want || got > want+16 {
			t.Errorf("%s: %d bytes, want %d", name, got, want)
		}
	}
	if got := cost(t, sized(1000), 1, cycle) - base; got != 1000 {
		t.Errorf("an entry of a given cost of 1000 costs %d", got)
	}
	if got := cost(t, sized(-1000), 1, cycle) - base; got != 0 {
		t.Errorf("a negative cost counts as %d", got)
	}
	strs := cost(t, resultcache.ViewConfig[string, []byte]{}, strings.Repeat("k", 160), make([]byte, 320)) -
		cost(t, resultcache.ViewConfig[string, []byte]{}, "", nil)
	if strs != 480 {
		t.Errorf("a key of 160 and a value of 320 bytes cost %d", strs)
	}
}
