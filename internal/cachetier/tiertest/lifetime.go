package tiertest

import (
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/cachetier"
)

// pastItsTime: what may be served stale is given beside what is fresh, and says by its times which it is.
func (h Harness) pastItsTime(t *testing.T) {
	tier := h.open(t)
	now := time.Now()
	stale, staleMissing, fresh := entry("stale"), missing(), entry("fresh")
	stale.Born, stale.Expires = now.Add(-30*time.Minute), now.Add(-10*time.Minute)
	staleMissing.Born, staleMissing.Expires = now.Add(-40*time.Minute), now.Add(-20*time.Minute)
	fresh.Until = fresh.Expires
	want := map[string]cachetier.Entry{"stale": stale, "stale missing": staleMissing, "fresh": fresh}
	set(t, tier, space, want)
	expect(t, tier, space, want)

	gone := entry("gone")
	gone.Born, gone.Expires, gone.Until = now.Add(-3*time.Hour), now.Add(-2*time.Hour), now.Add(-time.Hour)
	set(t, tier, space, map[string]cachetier.Entry{"gone": gone})
	expect(t, tier, space, want, "gone")
	// Also what has ended takes the place of what was there.
	set(t, tier, space, map[string]cachetier.Entry{"fresh": gone})
	delete(want, "fresh")
	expect(t, tier, space, want, "fresh", "gone")
}

func (h Harness) endOfAnEntry(t *testing.T) {
	tier := h.open(t)
	ends, stays, first := entry("ends"), entry("stays"), time.Now()
	ends.Expires = first.Add(100 * time.Millisecond)
	ends.Until = first.Add(300 * time.Millisecond)
	set(t, tier, space, map[string]cachetier.Entry{"ends": ends, "stays": stays})
	eventually(t, "an entry is gone at the end of its time", func() bool {
		asked := time.Now()
		_, there := get(t, tier, space, "ends")["ends"]
		if there && asked.After(ends.Until.Add(2*rounding)) {
			t.Fatalf("it was there %v after its end", asked.Sub(ends.Until))
		}
		return !there
	})
	expect(t, tier, space, map[string]cachetier.Entry{"stays": stays}, "ends")
	// A key may come again.
	again := map[string]cachetier.Entry{"ends": entry("again")}
	set(t, tier, space, again)
	expect(t, tier, space, again)
}
