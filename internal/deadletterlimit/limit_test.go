package deadletterlimit

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// limitOf is a limit as a process begins with it, after one that has committed a checkpoint.
func limitOf(share float64, note string) *Limit {
	l := New(share, 1000, "one")
	l.Restore(map[string]map[int32]string{"in": {0: note}})
	return l
}

// commit commits a micro-batch, or returns why not.
func (l *Limit) commit(own Counts) (note string, err error) {
	reserved, err := l.Reserve(own)
	if err != nil {
		return "", err
	}
	reserved.Release(true)
	return reserved.Checkpoint(), nil
}

func input(events, dead, retried int) Counts {
	return Counts{Input: Share{events, dead * Whole, retried * Whole}}
}

// However micro-batches overlap and end: what a checkpoint says is what the process knows, and what the next one begins with.
func TestCheckpoints(t *testing.T) {
	some := rapid.Custom(func(t *rapid.T) Share {
		events := rapid.IntRange(0, 300).Draw(t, "events")
		return Share{events, rapid.IntRange(0, events*Whole).Draw(t, "dead"), rapid.IntRange(0, events*Whole).Draw(t, "retried")}
	})
	rapid.Check(t, func(t *rapid.T) {
		l := limitOf(0.999_999, "")
		var open []Reservation
		t.Repeat(map[string]func(*rapid.T){
			"reserve": func(t *rapid.T) {
				own := Counts{some.Draw(t, "input"), some.Draw(t, "retried")}
				own.Retried.SentToRetry = 0
				knows := l.with(own)
				reserved, err := l.Reserve(own)
				if err != nil {
					t.Skip(err)
				}
				open = append(open, reserved)
				next := limitOf(l.limit, reserved.Checkpoint())
				if diff := cmp.Diff(knows.total(), next.latest.total()); diff != "" {
					t.Fatalf("%s (-this process +the next):\n%s", reserved.Checkpoint(), diff)
				}
				if next.number != l.number {
					t.Fatalf("number %d is read as %d", l.number, next.number)
				}
				if len(reserved.Checkpoint()) > 2000 {
					t.Fatalf("a checkpoint of %d bytes: brokers take 4096", len(reserved.Checkpoint()))
				}
			},
			"release": func(t *rapid.T) {
				if len(open) == 0 {
					t.Skip("none is open")
				}
				i := rapid.IntRange(0, len(open)-1).Draw(t, "reservation")
				open[i].Release(rapid.Bool().Draw(t, "committed"))
				open = append(open[:i], open[i+1:]...)
			},
			"": func(t *rapid.T) {
				if len(open) == 0 && l.reserved != (Counts{}) {
					t.Fatalf("nothing is open, and %+v is reserved", l.reserved)
				}
				for _, part := range []Share{total(l.latest.input), total(l.latest.retried)} {
					if part.Events > l.window || part.Events > 0 && !part.valid() {
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
			own := input(1, 0, 0)
			if i == 50 {
				own.Input.Dead = Whole
			}
			note, err := l.commit(own)
			if err != nil {
				t.Fatalf("at restart %d: %v", restart, err)
			}
			text = note
		}
		seen = total(l.latest.input).Dead
	}
	if seen < 5*Whole || seen > 20*Whole {
		t.Errorf("%d millionths of the latest 1000 events are dead, where 1 of 100 is", seen)
	}
}

// How much the first events weigh that a process retries is known from those before, however few they are.
func TestTheRetriedShare(t *testing.T) {
	for name, c := range map[string]struct {
		before   Counts
		again    bool
		own      Counts
		from, to int // millionths
	}{
		"of its own micro-batch":         {own: input(5000, 0, 2), from: 400, to: 400},
		"of those before":                {before: input(100, 0, 2), own: input(1, 0, 1), from: 20_000, to: 22_000},
		"of those before a restart":      {before: input(100, 0, 2), again: true, own: input(1, 0, 1), from: 20_000, to: 22_000},
		"of a large micro-batch":         {before: input(5000, 0, 1000), own: input(1, 0, 0), from: 199_700, to: 200_000},
		"where there was nothing before": {own: input(1, 0, 1), from: Whole, to: Whole},
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
			if got := l.RetriedShare(c.own); got < c.from || got > c.to {
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
				own := input(100, c.now, c.later)
				waited := Counts{Retried: Share{Events: c.later, Dead: c.later * l.RetriedShare(own)}}
				if c.together {
					own, waited = own.plus(waited), Counts{}
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
	for _, own := range []Share{{Events: 900, Dead: 900 * Whole}, {Events: 100}} {
		if _, err := l.commit(Counts{Retried: own}); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		if _, err := l.commit(input(100, 0, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.commit(input(1, 1, 0)); err != nil {
		t.Error(err)
	}
}

// A process without a limit lets all through, and one with a limit begins anew after it.
func TestTheLimitIsForgotten(t *testing.T) {
	l := limitOf(0.5, "")
	var before string
	for range 1000 {
		note, err := l.commit(input(1, 1, 0))
		if err != nil {
			break
		}
		before = note
	}
	without := limitOf(1, before)
	after, err := without.commit(input(1000, 1000, 0))
	if err != nil {
		t.Fatal(err)
	}
	next := limitOf(0.5, "")
	next.Restore(map[string]map[int32]string{"in": {0: before, 1: after}})
	if _, err := next.commit(input(1, 1, 0)); err != nil {
		t.Error(err)
	}
}
