package session_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/session"
)

// event is the nth event of a key.
type event struct {
	key string
	n   int
}

// line is a partition of the input and of its retry topics, in memory: logs[0] is the input, and next is the committed
// offset in each.
type line struct {
	logs  [][]event
	next  []int
	order session.KeyOrder

	enriched, dead []event
}

func (l *line) tiers() int { return len(l.logs) - 1 }

// rebuild does what a session does with a partition that it was given.
func (l *line) rebuild() {
	waiting := map[string][]int32{}
	for tier := 1; tier <= l.tiers(); tier++ {
		for _, e := range l.logs[tier][l.next[tier]:] {
			if waiting[e.key] == nil {
				waiting[e.key] = make([]int32, l.tiers())
			}
			waiting[e.key][tier-1]++
		}
	}
	l.order = session.NewKeyOrder(l.tiers(), waiting)
}

// batch takes so many records of each log, and decides on them as a pipeline does. With commit it takes effect.
func (l *line) batch(take []int, fails func(event) bool, commit bool) {
	step := l.order.Step()
	moved := make([][]event, len(l.logs))
	var enriched, dead []event
	for level := l.tiers(); level >= 0; level-- {
		for _, e := range l.logs[level][l.next[level] : l.next[level]+take[level]] {
			to := step.MustFollow(0, []byte(e.key), level)
			switch {
			case to > 0:
			case !fails(e):
				enriched = append(enriched, e)
			case level == l.tiers():
				dead = append(dead, e)
			default:
				to = level + 1
			}
			step.Record(0, []byte(e.key), level, to)
			if to > 0 {
				moved[to] = append(moved[to], e)
			}
		}
	}
	if !commit {
		return
	}
	l.order.Commit(step)
	for level := range l.logs {
		l.next[level] += take[level]
		l.logs[level] = append(l.logs[level], moved[level]...)
	}
	l.enriched, l.dead = append(l.enriched, enriched...), append(l.dead, dead...)
}

func (l *line) left(level int) int { return len(l.logs[level]) - l.next[level] }

// Whatever fails, is aborted or moves to another member: each event has one outcome, and those of a key that are enriched
// are in order.
func TestKeysStayInOrderThroughRetries(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tiers := rapid.IntRange(1, 3).Draw(t, "tiers")
		l := &line{logs: make([][]event, tiers+1), next: make([]int, tiers+1)}
		counts := map[string]int{}
		for _, key := range rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c"}), 1, 40).Draw(t, "keys") {
			l.logs[0] = append(l.logs[0], event{key, counts[key]})
			counts[key]++
		}
		l.rebuild()
		for l.left(0) > 0 || rapid.Bool().Draw(t, "on") {
			take := make([]int, tiers+1)
			for level := range take {
				take[level] = rapid.IntRange(0, min(l.left(level), 8)).Draw(t, "take")
			}
			l.batch(take, func(event) bool { return rapid.Bool().Draw(t, "fails") }, rapid.IntRange(0, 3).Draw(t, "commit") > 0)
			if rapid.IntRange(0, 4).Draw(t, "rebalance") == 0 {
				l.rebuild()
			}
		}
		for level := tiers; level >= 0; level-- { // What waits is enriched in the end.
			take := make([]int, tiers+1)
			for level := range take {
				take[level] = l.left(level)
			}
			l.batch(take, func(event) bool { return false }, true)
		}
		if n := l.order.Waiting(); n > 0 {
			t.Errorf("%d keys wait, and nothing of them is left", n)
		}
		last := map[string]int{}
		for _, e := range l.enriched {
			if before, ok := last[e.key]; ok && before >= e.n {
				t.Errorf("event %d of key %s came after %d", e.n, e.key, before)
			}
			last[e.key] = e.n
		}
		all := slices.Concat(l.enriched, l.dead)
		seen := map[event]bool{}
		for _, e := range all {
			seen[e] = true
		}
		if len(all) != len(seen) || len(all) != len(l.logs[0]) {
			t.Errorf("%d events had %d outcomes, %d of them different", len(l.logs[0]), len(all), len(seen))
		}
	})
}

func TestEventsThatAreNotInOrderOfAKeyAreNotHeldBack(t *testing.T) {
	t.Parallel()
	order := session.NewKeyOrder(2, map[string][]int32{"": {1, 0}, "k": {0, 1}})
	step := order.Step()
	for _, tt := range []struct {
		name      string
		partition int32
		key       []byte
		level     int
		want      int
	}{
		{"without a key", 0, nil, 0, 0},
		{"with an empty key", 0, []byte{}, 0, 1},
		{"of a key that waits in the second tier", 0, []byte("k"), 0, 2},
		{"the one that waits itself", 0, []byte("k"), 2, 0},
		{"of another partition", 1, []byte("k"), 0, 0},
	} {
		if got := step.MustFollow(tt.partition, tt.key, tt.level); got != tt.want {
			t.Errorf("%s: goes to tier %d, want %d", tt.name, got, tt.want)
		}
	}
	var none *session.KeyStep
	none.Record(0, []byte("k"), 0, 1)
	if none.MustFollow(0, []byte("k"), 0) != 0 {
		t.Error("without an order an event is held back")
	}
}
