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
	return shares{first: share{events, dead * whole, retried * whole}}
}

// However micro-batches overlap and end: what a note says is what the process knows, and what the next one begins with.
func TestNotes(t *testing.T) {
	some := rapid.Custom(func(t *rapid.T) share {
		events := rapid.IntRange(0, 300).Draw(t, "events")
		return share{events, rapid.IntRange(0, events*whole).Draw(t, "dead"), rapid.IntRange(0, events*whole).Draw(t, "retried")}
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

// How much the first events weigh that a process retries is known from those before, however few they are.
func TestTheRetriedShare(t *testing.T) {
	for name, c := range map[string]struct {
		before   shares
		again    bool
		own      shares
		from, to int // millionths
	}{
		"of its own micro-batch":         {own: first(5000, 0, 2), from: 400, to: 400},
		"of those before":                {before: first(100, 0, 2), own: first(1, 0, 1), from: 20_000, to: 22_000},
		"of those before a restart":      {before: first(100, 0, 2), again: true, own: first(1, 0, 1), from: 20_000, to: 22_000},
		"of a large micro-batch":         {before: first(5000, 0, 1000), own: first(1, 0, 0), from: 199_700, to: 200_000},
		"where there was nothing before": {own: first(1, 0, 1), from: whole, to: whole},
	} {
		t.Run(name, func(t *testing.T) {
			l := limitOf(0.5, "")
			for range 20 {
				note, err := l.commit(c.before)
				if err != nil {
					t.Fatal(err)
				}
				if c.again {
					l = limitOf(0.5, note)
				}
			}
			if got := l.retriedShare(c.own); got < c.from || got > c.to {
				t.Errorf("an event weighs %d millionths", got)
			}
		})
	}
}

// Dead letters of the input and of retry topics have a limit each, of all events.
func TestTheLimitOfEach(t *testing.T) {
	for name, c := range map[string]struct {
		now, later     int // of 100 events
		over, together bool
	}{
		"most at once":              {now: 60, over: true},
		"most later":                {later: 60, over: true},
		"most later, among others":  {later: 60, over: true, together: true},
		"few at once":               {now: 5},
		"few later":                 {later: 5},
		"few later, among others":   {later: 5, together: true},
		"few at once and few later": {now: 20, later: 20, together: true},
	} {
		t.Run(name, func(t *testing.T) {
			l := limitOf(0.5, "")
			var err error
			for range 200 {
				own := first(100, c.now, c.later)
				waited := shares{waited: share{events: c.later, dead: c.later * l.retriedShare(own)}}
				if c.together {
					own, waited = own.plus(waited), shares{}
				}
				if _, err = l.commit(own); err != nil {
					break
				}
				if _, err = l.commit(waited); err != nil {
					break
				}
			}
			if (err != nil) != c.over {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}

// What has come out of retry topics long ago stops no events of the input.
func TestTheLimitAfterAnIncident(t *testing.T) {
	l := limitOf(0.5, "")
	for _, own := range []share{{events: 900, dead: 900 * whole}, {events: 100}} {
		if _, err := l.commit(shares{waited: own}); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		if _, err := l.commit(first(100, 0, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.commit(first(1, 1, 0)); err != nil {
		t.Error(err)
	}
}

// A process without a limit lets all through, and one with a limit begins anew after it.
func TestTheLimitIsForgotten(t *testing.T) {
	l := limitOf(0.5, "")
	var before string
	for range 1000 {
		note, err := l.commit(first(1, 1, 0))
		if err != nil {
			break
		}
		before = note
	}
	without := limitOf(1, before)
	after, err := without.commit(first(1000, 1000, 0))
	if err != nil {
		t.Fatal(err)
	}
	next := limitOf(0.5, "")
	next.restore(map[string]map[int32]string{"in": {0: before, 1: after}})
	if _, err := next.commit(first(1, 1, 0)); err != nil {
		t.Error(err)
	}
}
