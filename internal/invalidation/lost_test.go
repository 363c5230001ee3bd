package invalidation_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/logtest"
)

// What a tier may have missed cannot be told from the topic any more: the tier is cleared, and continues at the end.
func TestTiersThatMissedChangesAreCleared(t *testing.T) {
	for name, test := range map[string]struct {
		trim  int64 // records before it are gone
		again bool  // the topic is created again, with more records than before
		at    []int64
		want  string
	}{
		"the topic was created again and is longer now":     {again: true, at: []int64{3, 0}, want: "cleared 1, at map[0:4 1:0]"},
		"retention has passed it":                           {trim: 2, at: []int64{1, 0}, want: "cleared 1, at map[0:3 1:0]"},
		"retention has just not":                            {trim: 2, at: []int64{2, 0}, want: "cleared 0, at map[0:3 1:0]"},
		"all records are gone":                              {trim: 3, at: []int64{2, 0}, want: "cleared 1, at map[0:3 1:0]"},
		"the topic was created again":                       {at: []int64{4, 0}, want: "cleared 1, at map[0:3 1:0]"},
		"partitions are gone":                               {at: []int64{0, 0, 0}, want: "cleared 1, at map[0:3 1:0]"},
		"it is new, or of a time before the topic was read": {want: "forgot 1, cleared 0, at map[0:3 1:0]"},
	} {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(w *world) {
				w.publish(0, "0", "1", "2")
				if test.trim > 0 {
					w.trim(0, test.trim)
				}
				missing := newTier(w, test.at...)
				if test.again {
					w.recreate(2)
					w.publish(0, "0", "1", "2", "3")
				}
				other := newTier(w, 3, 0)
				r, _ := w.read(&handler{topic: w.topic}, nil, missing, other)
				w.await("caught up", r.Caught())
				w.until("the state is "+test.want, func() bool { return missing.state() == test.want })
				_, at, _ := strings.Cut(test.want, "at ")
				want := "cleared 0, at " + at
				w.until("the other tier has "+want, func() bool { return other.state() == want })
			})
		})
	}
}

// A tier that fails is told to forget everything, and that is all that it can do to the pipeline.
func TestATierThatFails(t *testing.T) {
	onEach(t, func(w *world) {
		t := w.t
		h, tier, log := &handler{topic: w.topic}, newTier(w, 0, 0), &logtest.Buffer{}
		tier.fail(errors.New("away"))
		w.publish(0, "old")
		r, _ := w.read(h, log, tier)
		w.await("caught up", r.Caught())
		if got := h.all(); got != "lost "+w.topic {
			t.Errorf("told: %s; want that all is lost", got)
		}
		tier.fail(nil)
		w.publish(1, "new")
		w.until("it is told its positions once it answers", func() bool { return tier.state() == "cleared 0, at map[0:1 1:1]" })
		if n := strings.Count(log.String(), "level=WARN"); n != 1 {
			t.Errorf("%d warnings; want one:\n%s", n, log)
		}
	})
}

// A topic that is created again while it is read may have had changes that nobody will see.
func TestATopicIsCreatedAgain(t *testing.T) {
	onEach(t, func(w *world) {
		t := w.t
		h, tier, log := &handler{topic: w.topic}, newTier(w, 0, 0), &logtest.Buffer{}
		r, _ := w.read(h, log, tier)
		w.await("caught up", r.Caught())
		w.publish(0, "a", "b", "c")
		w.until("they are applied", func() bool { return h.all() == "a b c" })
		w.recreate(1)
		w.until("it is known that changes may be lost", func() bool { return strings.Contains(h.all(), "lost "+w.topic) })
		w.publish(0, "d")
		w.until("what comes then is applied", func() bool { return strings.Contains(h.all(), "d") })
		if got := tier.state(); !strings.HasPrefix(got, "cleared ") || strings.HasPrefix(got, "cleared 0") {
			t.Errorf("the tier: %s", got)
		}
		if !strings.Contains(log.String(), "changes may have been missed") {
			t.Errorf("the log does not say it:\n%s", log)
		}
	})
}
