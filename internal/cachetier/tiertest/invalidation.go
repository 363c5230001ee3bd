package tiertest

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/cachetier"
)

func (h Harness) invalidate(t *testing.T) {
	tier := h.open(t)
	want := map[string]cachetier.Entry{"1": entry("a"), "2": entry("b"), "3": missing(), "4": entry("d")}
	set(t, tier, space, want)
	tier.Invalidate(t.Context(), space, []string{"2", "3", "unknown"})
	delete(want, "2")
	delete(want, "3")
	expect(t, tier, space, want, "2", "3", "unknown")
	keep(t, tier, space, "2", "new")
	keep(t, tier, space, "unknown", "new too")
}

func (h Harness) invalidateAll(t *testing.T) {
	tier := h.open(t)
	set(t, tier, space, map[string]cachetier.Entry{"1": entry("a"), "2": missing()})
	tier.InvalidateAll(t.Context(), space)
	expect(t, tier, space, nil, "1", "2")
	keep(t, tier, space, "2", "new")
	expect(t, tier, space, nil, "1")
	tier.InvalidateAll(t.Context(), space)
	expect(t, tier, space, nil, "1", "2")
}

func (h Harness) invalidateNothing(t *testing.T) {
	tier := h.open(t)
	tier.Invalidate(t.Context(), space, []string{"1"})
	tier.InvalidateAll(t.Context(), "nobody's")
	expect(t, tier, space, nil, "1")
	keep(t, tier, space, "1", "a")
}

func (h Harness) clear(t *testing.T) {
	tier := h.open(t)
	set(t, tier, space, map[string]cachetier.Entry{"1": entry("a")})
	set(t, tier, "other", map[string]cachetier.Entry{"1": entry("b")})
	save(t, tier, cachetier.Position{Topic: "changes", Offset: 10})
	if err := tier.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	expect(t, tier, space, nil, "1")
	expect(t, tier, "other", nil, "1")
	expectPositions(t, tier)
	// It is as new: an earlier position is no step back.
	save(t, tier, cachetier.Position{Topic: "changes", Offset: 3})
	expectPositions(t, tier, cachetier.Position{Topic: "changes", Offset: 3})
	keep(t, tier, space, "1", "new")
}

func (h Harness) positions(t *testing.T) {
	tier := h.open(t)
	expectPositions(t, tier)
	save(t, tier)
	expectPositions(t, tier)
	at := func(topic string, partition int32, offset int64) cachetier.Position {
		return cachetier.Position{Topic: topic, Partition: partition, Offset: offset}
	}
	save(t, tier, at("changes", 0, 5), at("changes", 1, 0), at("changes-2", 0, 1<<40), at("changes", 12, 1))
	expectPositions(t, tier, at("changes", 0, 5), at("changes", 1, 0), at("changes", 12, 1), at("changes-2", 0, 1<<40))
	// One moves forward, one would go back, one is new; the others stay.
	save(t, tier, at("changes", 0, 6), at("changes-2", 0, 7), at("other.topic", 3, 9))
	expectPositions(t, tier, at("changes", 0, 6), at("changes", 1, 0), at("changes", 12, 1), at("changes-2", 0, 1<<40), at("other.topic", 3, 9))
	// They are no entries, and no invalidation reaches them.
	for _, s := range []string{"", "changes", space} {
		tier.InvalidateAll(t.Context(), s)
	}
	expectPositions(t, tier, at("changes", 0, 6), at("changes", 1, 0), at("changes", 12, 1), at("changes-2", 0, 1<<40), at("other.topic", 3, 9))
}

// positionsAtOnce: whoever saves last, the furthest stays.
func (h Harness) positionsAtOnce(t *testing.T) {
	tier := h.open(t)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 50 {
				save(t, tier, cachetier.Position{Topic: "changes", Offset: int64((i*7 + w*13) % 200)})
			}
		})
	}
	wg.Wait()
	var furthest int64
	for w := range 4 {
		for i := range 50 {
			furthest = max(furthest, int64((i*7+w*13)%200))
		}
	}
	expectPositions(t, tier, cachetier.Position{Topic: "changes", Offset: furthest})
}

func save(t *testing.T, tier cachetier.Tier, positions ...cachetier.Position) {
	t.Helper()
	if err := tier.SavePositions(t.Context(), positions); err != nil {
		t.Errorf("save positions: %v", err)
	}
}

func expectPositions(t *testing.T, tier cachetier.Tier, want ...cachetier.Position) {
	t.Helper()
	got, err := tier.Positions(t.Context())
	if err != nil {
		t.Fatalf("positions: %v", err)
	}
	text := func(positions []cachetier.Position) []string {
		var lines []string
		for _, p := range positions {
			lines = append(lines, fmt.Sprintf("%s/%d at %d", p.Topic, p.Partition, p.Offset))
		}
		slices.Sort(lines)
		return lines
	}
	if diff := cmp.Diff(text(want), text(got)); diff != "" {
		t.Errorf("positions (-want +got):\n%s", diff)
	}
}
