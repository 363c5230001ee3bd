package tiertest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/cachetier"
)

// cancelledContext: what is called with a context that has ended may do nothing, except where it must invalidate.
func (h Harness) cancelledContext(t *testing.T) {
	tier := h.open(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	want := map[string]cachetier.Entry{"1": entry("a"), "2": entry("b"), "3": entry("c")}
	set(t, tier, space, want)
	set(t, tier, "other", want)

	tier.Get(ended, space, []string{"1", "2"}, func(i int, e cachetier.Entry) {
		if string(e.Value) != []string{"a", "b"}[i] {
			t.Errorf("hit %d is %q", i, e.Value)
		}
	})
	expect(t, tier, space, want)
	tier.Set(ended, space, []string{"2"}, []cachetier.Entry{entry("b2")})
	if v := string(get(t, tier, space, "2")["2"].Value); v != "b" && v != "b2" {
		t.Errorf("2 is %q", v)
	}
	tier.Invalidate(ended, space, []string{"1"})
	if _, there := get(t, tier, space, "1")["1"]; there {
		t.Error("a key is there that was invalidated with a context that had ended")
	}
	tier.InvalidateAll(ended, "other")
	if left := get(t, tier, "other", "1", "2", "3"); len(left) > 0 {
		t.Errorf("%d keys are there although all were invalidated with a context that had ended", len(left))
	}
	keep(t, tier, space, "1", "new")
	keep(t, tier, "other", "1", "new")
}

// concurrently has many goroutines at work on one tier, each with its own keys. Each sees what it did and no other's values.
func (h Harness) concurrently(t *testing.T) {
	const workers, keys, rounds = 4, 20, 30
	tier := h.open(t)
	all := make([]string, 0, workers*keys)
	own := make([][]string, workers)
	for w := range workers {
		for i := range keys {
			k := fmt.Sprintf("%d-%d", w, i)
			all, own[w] = append(all, k), append(own[w], k)
		}
	}
	stop := make(chan struct{})
	var readers, writers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				tier.Get(t.Context(), space, all, func(i int, e cachetier.Entry) {
					if !strings.HasPrefix(string(e.Value), all[i]+"@") {
						t.Errorf("key %s is %q", all[i], e.Value)
					}
				})
				tier.InvalidateAll(t.Context(), "other")
			}
		})
	}
	for w := range workers {
		writers.Go(func() {
			for round := range rounds {
				entries := map[string]cachetier.Entry{}
				for _, k := range own[w] {
					entries[k] = entry(fmt.Sprintf("%s@%d", k, round))
				}
				set(t, tier, space, entries)
				for k, e := range get(t, tier, space, own[w]...) {
					if string(e.Value) != string(entries[k].Value) {
						t.Errorf("round %d: key %s is %q", round, k, e.Value)
					}
				}
				tier.Invalidate(t.Context(), space, own[w])
				for k, e := range get(t, tier, space, own[w]...) {
					t.Errorf("round %d: key %s is %q after its invalidation", round, k, e.Value)
				}
			}
		})
	}
	writers.Wait()
	close(stop)
	readers.Wait()
	keep(t, tier, space, all[0], all[0]+"@end")
}

// afterClose: a load that ends late does no harm.
func (h Harness) afterClose(t *testing.T) {
	tier := h.New(t)(t)
	set(t, tier, space, map[string]cachetier.Entry{"1": entry("a")})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for range 50 {
				get(t, tier, space, "1")
				set(t, tier, space, map[string]cachetier.Entry{"2": entry("b")})
			}
		})
	}
	if err := tier.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	wg.Wait()
	tier.Invalidate(t.Context(), space, []string{"1"})
	tier.InvalidateAll(t.Context(), space)
	if got := get(t, tier, space, "1", "2"); len(got) > 0 {
		t.Errorf("%d hits after Close", len(got))
	}
	if err := tier.SavePositions(t.Context(), []cachetier.Position{{Topic: "changes", Offset: 1}}); err == nil {
		t.Error("positions were kept after Close")
	}
}

func (h Harness) openedAgain(t *testing.T) {
	open := h.New(t)
	first := open(t)
	want := map[string]cachetier.Entry{"1": entry("a"), "2": missing(), "gone": entry("b")}
	stale := entry("stale")
	stale.Born, stale.Expires = time.Now().Add(-time.Hour), time.Now().Add(-time.Minute)
	want["stale"] = stale
	set(t, first, space, want)
	set(t, first, "all gone", want)
	first.Invalidate(t.Context(), space, []string{"gone"})
	first.InvalidateAll(t.Context(), "all gone")
	delete(want, "gone")
	save(t, first, cachetier.Position{Topic: "changes", Partition: 2, Offset: 7})
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	second := h.opened(t, open)
	expect(t, second, space, want, "gone")
	expect(t, second, "all gone", nil, "1", "2", "gone", "stale")
	expectPositions(t, second, cachetier.Position{Topic: "changes", Partition: 2, Offset: 7})
	save(t, second, cachetier.Position{Topic: "changes", Partition: 2, Offset: 6})
	expectPositions(t, second, cachetier.Position{Topic: "changes", Partition: 2, Offset: 7})
	keep(t, second, space, "gone", "new")
	keep(t, second, "all gone", "1", "new")
}

func (h Harness) clearedAndOpenedAgain(t *testing.T) {
	open := h.New(t)
	first := open(t)
	set(t, first, space, map[string]cachetier.Entry{"1": entry("a")})
	save(t, first, cachetier.Position{Topic: "changes", Offset: 7})
	if err := first.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := h.opened(t, open)
	expect(t, second, space, nil, "1")
	expectPositions(t, second)
}
