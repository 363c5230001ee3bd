package tiertest

import (
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/cachetier"
)

func (h Harness) twoProcesses(t *testing.T) {
	open := h.New(t)
	one, other := h.opened(t, open), h.opened(t, open)
	want := map[string]cachetier.Entry{"1": entry("a"), "2": missing(), "3": entry("c")}
	set(t, one, space, want)
	expect(t, other, space, want)
	other.Invalidate(t.Context(), space, []string{"1"})
	delete(want, "1")
	expect(t, one, space, want, "1")
	keep(t, one, space, "1", "new")
	if v := string(get(t, other, space, "1")["1"].Value); v != "new" {
		t.Errorf("the other process reads %q", v)
	}
	one.InvalidateAll(t.Context(), space)
	expect(t, other, space, nil, "1", "2", "3")
	keep(t, other, space, "2", "newer")
	if err := one.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	expect(t, other, space, nil, "2")
}

// fence: what a process began to load before another's invalidation is not kept, whenever it comes.
func (h Harness) fence(t *testing.T) {
	open := h.New(t)
	one, other := h.opened(t, open), h.opened(t, open)
	old := entry("old")
	old.Began = old.Began.Add(-time.Second)
	before := map[string]cachetier.Entry{"1": old, "2": old}

	other.Invalidate(t.Context(), space, []string{"1"})
	set(t, one, space, before)
	expect(t, one, space, map[string]cachetier.Entry{"2": old}, "1")
	expect(t, other, space, map[string]cachetier.Entry{"2": old}, "1")
	keep(t, one, space, "1", "new")

	other.InvalidateAll(t.Context(), space)
	set(t, one, space, before)
	expect(t, one, space, nil, "1", "2")
	expect(t, other, space, nil, "1", "2")
	keep(t, one, space, "1", "newer")
	set(t, one, "other", before)
	expect(t, other, "other", before)
}

func (h Harness) sharedPositions(t *testing.T) {
	open := h.New(t)
	one, other := h.opened(t, open), h.opened(t, open)
	save(t, one, cachetier.Position{Topic: "changes", Offset: 9}, cachetier.Position{Topic: "changes", Partition: 1, Offset: 4})
	save(t, other, cachetier.Position{Topic: "changes", Offset: 8}, cachetier.Position{Topic: "changes", Partition: 1, Offset: 5})
	for _, tier := range []cachetier.Tier{one, other} {
		expectPositions(t, tier, cachetier.Position{Topic: "changes", Offset: 9}, cachetier.Position{Topic: "changes", Partition: 1, Offset: 5})
	}
}
