package loaderline

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// limitOf is a limit as a process begins with it, after one that has committed a note.
func limitOf(share float64, note string) *deadLetterLimit {
	l := &deadLetterLimit{limit: share, window: 1000, instance: "one"}
	l.restore(map[string]map[int32]string{"in": {0: note}})
	return l
}

// commit commits a micro-batch, or answers why not.
func (l *deadLetterLimit) commit(own shares) (note string, err error) {
	room, err := l.claim(&output{shares: own})
	if err != nil {
		return "", err
	}
	room.settle(true)
	return room.note, nil
}

func first(events, dead, retried int) shares {
	return shares{first: share{events, dead * whole, retried}}
}

// However micro-batches overlap and end: what a note says is what the process knows, and what the next one begins with.
func TestNotes(t *testing.T) {
	some := rapid.Custom(func(t *rapid.T) share {
		events := rapid.IntRange(0, 300).Draw(t, "events")
		return share{events, rapid.IntRange(0, events*whole).Draw(t, "dead"), rapid.IntRange(0, events).Draw(t, "retried")}
	})
	rapid.Check(t, func(t *rapid.T) {
		l := limitOf(0.999_999, "")
		var open []claim
		t.Repeat(map[string]func(*rapid.T){
			"claim": func(t *rapid.T) {
				own := shares{some.Draw(t, "first"), some.Draw(t, "waited")}
				own.waited.retried = 0
				knows := l.with(own)
				room, err := l.claim(&output{shares: own})
				if err != nil {
					t.Skip(err)
				}
				open = append(open, room)
				next := limitOf(l.limit, room.note)
				if diff := cmp.Diff(knows.total(), next.latest.total(), cmp.AllowUnexported(shares{}, share{})); diff != "" {
					t.Fatalf("%s (-this process +the next):\n%s", room.note, diff)
				}
				if next.claims != l.claims {
					t.Fatalf("claim %d is read as %d", l.claims, next.claims)
				}
				if len(room.note) > 2000 {
					t.Fatalf("a note of %d bytes: brokers take 4096", len(room.note))
				}
			},
			"settle": func(t *rapid.T) {
				if len(open) == 0 {
					t.Skip("none is open")
				}
				i := rapid.IntRange(0, len(open)-1).Draw(t, "claim")
				open[i].settle(rapid.Bool().Draw(t, "committed"))
				open = append(open[:i], open[i+1:]...)
			},
			"": func(t *rapid.T) {
				if len(open) == 0 && l.pending != (shares{}) {
					t.Fatalf("nothing is open, and %+v is pending", l.pending)
				}
				for _, part := range []share{total(l.latest.first), total(l.latest.waited)} {
					if part.events > l.window || part.events > 0 && !part.valid() {
						t.Fatalf("%+v of the latest %d", part, l.window)
					}
				}
			},
		})
	})
}

// Few dead letters do not add up over restarts.
func TestTheLimitOverManyRestarts(t *testing.T) {
	text, seen := "", 0
	for restart := range 2_000 {
		l := limitOf(0.5, text)
		for i := range 100 {
			own := first(1, 0, 0)
			if i == 50 {
				own.first.dead = whole
			}
			note, err := l.commit(own)
			if err != nil {
				t.Fatalf("at restart %d: %v", restart, err)
			}
			text = note
		}
		seen = total(l.latest.first).dead
	}
	if seen < 5*whole || seen > 20*whole {
		t.Errorf("%d millionths of the latest 1000 events are dead, where 1 of 100 is", seen)
	}
}

// How much the first events weigh that a process retries is known from those before.
func TestTheRetriedShareOutlivesARestart(t *testing.T) {
	for name, limit := range map[string]float64{"limited": 0.5, "unlimited": 1} {
		t.Run(name, func(t *testing.T) {
			l := limitOf(limit, "")
			var last string
			for range 20 {
				note, err := l.commit(first(100, 0, 2))
				if err != nil {
					t.Fatal(err)
				}
				last = note
			}
			if limit < 1 {
				l = limitOf(limit, last)
			}
			if got := l.retriedShare(first(1, 0, 1)); got < 0.02 || got > 0.022 {
				t.Errorf("an event weighs %v, and 2 of 100 are retried", got)
			}
		})
	}
}

// What dies at once and what dies after its retries are shares of the same events.
func TestTheLimitHasDeadLettersOfBothKinds(t *testing.T) {
	for name, c := range map[string]struct {
		now, later int // of 100 events
		over       bool
	}{
		"all":                   {now: 50, later: 50, over: true},
		"more than the limit":   {now: 30, later: 30, over: true},
		"less than the limit":   {now: 20, later: 20},
		"all of them at once":   {now: 60, over: true},
		"all of them later":     {later: 60, over: true},
		"few, and only later":   {later: 5},
		"few, and only at once": {now: 5},
	} {
		t.Run(name, func(t *testing.T) {
			l := limitOf(0.5, "")
			var err error
			for range 200 {
				own := first(100, c.now, c.later)
				if weight := int(l.retriedShare(own) * whole); c.later > 0 {
					own.waited = share{events: c.later, dead: c.later * weight}
				}
				if _, err = l.commit(own); err != nil {
					break
				}
			}
			if (err != nil) != c.over {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}
