package loaderline

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/loaderline/loaderline/internal/keyless"
	"github.com/loaderline/loaderline/internal/plural"
)

// The defaults of Config.DeadLetterLimit and Config.DeadLetterWindow.
const (
	DefaultDeadLetterLimit  = 0.5
	DefaultDeadLetterWindow = 1000
)

// DeadLetterLimitError says that a pipeline stopped because too many of its latest events would be dead letters. Of the
// micro-batch that was one too many, nothing is published or committed.
type DeadLetterLimitError struct {
	Limit  float64 // the share that is allowed
	Events int     // the latest events
	Dead   int     // of them
	// Waited says that these are events that came out of retry topics. Dead is then as large a share of Events as their dead letters
	// are of all events that were read when they were.
	Waited bool
	// Most is the reason of most dead letters in the last micro-batch. Message is the message of one of them, without keys and
	// values: see Config.LogWords.
	Most    DeadLetter
	Message string
}

// Error implements error.
func (e *DeadLetterLimitError) Error() string {
	where := ""
	if e.Most.Stage != "" {
		where = " in stage " + e.Most.Stage
	}
	waited := ""
	if e.Waited {
		waited = " after their retries"
	}
	return fmt.Sprintf("%d of the latest %s would be dead letters%s, more than the limit of %g %%; most are of kind %s%s: %s",
		e.Dead, plural.Count(e.Events, "event"), waited, 100*e.Limit, e.Most.Kind, where, e.Message)
}

// deadLetterLimit stops a pipeline that would dead-letter most of what it reads, as a wrong deploy would. All workers share
// it. What it knows is committed with the offsets, so that restarting in a loop does not get around it.
type deadLetterLimit struct {
	limit    float64
	window   int
	instance string
	words    keyless.Words

	mu      sync.Mutex
	latest  latest // the outcomes that were committed
	pending shares // the outcomes that are being committed
	claims  int64  // the number of the last claim, which rises over restarts
}

func newDeadLetterLimit[E any](cfg *Config[E]) *deadLetterLimit {
	return &deadLetterLimit{limit: cfg.DeadLetterLimit, window: cfg.DeadLetterWindow, instance: cfg.Consumer.Instance, words: cfg.words}
}

// claim is a micro-batch's room within the limit, while it is being committed.
type claim struct {
	of   *deadLetterLimit
	own  shares
	note string
}

// claim gives room to a micro-batch, or answers a *DeadLetterLimitError. Only one that has too many dead letters itself is
// refused: one that is better than the latest events shows that the cause is gone. Where there is no limit dead letters are not
// counted, so that a later process with one begins without them.
func (l *deadLetterLimit) claim(out *output) (claim, error) {
	own := out.shares
	if l.limit >= 1 {
		own.first.dead, own.waited.dead = 0, 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	latest := l.with(own)
	all := latest.total()
	for _, part := range []struct {
		all, own share
		waited   bool
	}{{all.first, own.first, false}, {all.waited, own.waited, true}} {
		if (l.limit == 0 || part.all.events >= l.window) && part.all.over(l.limit) && part.own.over(l.limit) {
			most := out.mostDead()
			return claim{}, &DeadLetterLimitError{
				Limit: l.limit, Events: part.all.events, Dead: (part.all.dead + whole/2) / whole, Waited: part.waited, Most: most, Message: l.words.Text(out.samples[most]),
			}
		}
	}
	l.pending = l.pending.plus(own)
	l.claims = max(l.claims+1, time.Now().UnixMicro())
	n := note{Claim: l.claims, Instance: l.instance, First: latest.first, Waited: latest.waited}
	return claim{of: l, own: own, note: n.String()}, nil
}

// with is the latest events, with those that are being committed and others.
func (l *deadLetterLimit) with(own shares) latest {
	latest := latest{slices.Clone(l.latest.first), slices.Clone(l.latest.waited)}
	latest.add(l.pending, l.window)
	latest.add(own, l.window)
	return latest
}

// retriedShare is the share of the latest events of the input that went to a retry topic, with those of a micro-batch, in
// parts of whole. It is rounded up: where there are some it is never none.
func (l *deadLetterLimit) retriedShare(own shares) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.with(own).total().first
	return (all.retried + all.events - 1) / all.events
}

// settle gives the room back, or makes the micro-batch part of the latest events.
func (c claim) settle(committed bool) {
	l := c.of
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending = l.pending.minus(c.own)
	if committed {
		l.latest.add(c.own, l.window)
	}
}

// annotate is what is committed with the offset of each partition.
func (c claim) annotate(string, int32) string { return c.note }

// restore takes what was committed with the offsets: by this instance, or where others have its partitions now, by them.
// Where there is no limit it is forgotten.
func (l *deadLetterLimit) restore(notes map[string]map[int32]string) {
	if l.limit >= 1 {
		return
	}
	var last note
	for _, partitions := range notes {
		for _, text := range partitions {
			n, ok := parseNote(text)
			if !ok {
				continue
			}
			l.claims = max(l.claims, n.Claim)
			mine, was := n.Instance == l.instance, last.Instance == l.instance
			if last.Claim == 0 || mine && !was || mine == was && n.Claim > last.Claim {
				last = n
			}
		}
	}
	l.latest = last.latest(l.window)
}
