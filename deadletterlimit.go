package loaderline

import (
	"fmt"
	"math"
	"sync"
	"time"
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
	// Most is the reason of most dead letters in the last micro-batch, and Message what one of them says.
	Most    DeadLetter
	Message string
}

// Error implements error.
func (e *DeadLetterLimitError) Error() string {
	where := ""
	if e.Most.Stage != "" {
		where = " in stage " + e.Most.Stage
	}
	return fmt.Sprintf("%d of the latest %d events would be dead letters, more than the limit of %g %%; most are of kind %s%s: %s",
		e.Dead, e.Events, 100*e.Limit, e.Most.Kind, where, e.Message)
}

// deadLetterLimit stops a pipeline that would dead-letter most of what it reads, as a wrong deploy would. All workers share
// it. What it knows is committed with the offsets, so that restarting in a loop does not get around it.
type deadLetterLimit struct {
	limit    float64
	window   int
	instance string

	mu      sync.Mutex
	latest  latest // the outcomes that were committed
	pending shares // the outcomes that are being committed
	claims  int64  // the number of the last claim, which rises over restarts
}

func newDeadLetterLimit[E any](cfg *Config[E]) *deadLetterLimit {
	return &deadLetterLimit{limit: cfg.DeadLetterLimit, window: cfg.DeadLetterWindow, instance: cfg.Consumer.Instance}
}

// claim is a micro-batch's room within the limit, while it is being committed.
type claim struct {
	of   *deadLetterLimit
	own  shares
	note string
}

// claim gives room to a micro-batch, or answers a *DeadLetterLimitError. Only one that has too many dead letters itself is
// refused: one that is better than the latest events shows that the cause is gone.
func (l *deadLetterLimit) claim(out *output) (claim, error) {
	if l.limit >= 1 {
		return claim{of: l}, nil
	}
	own := out.shares
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.latest.plus(l.window, l.pending, own).total()
	for _, part := range []struct{ all, own share }{{all.first, own.first}, {all.waited, own.waited}} {
		if part.all.events >= l.window && part.all.over(l.limit) && part.own.over(l.limit) {
			most := out.mostDead()
			return claim{}, &DeadLetterLimitError{
				Limit: l.limit, Events: part.all.events, Dead: int(math.Round(part.all.dead)), Most: most, Message: out.samples[most],
			}
		}
	}
	l.pending = l.pending.plus(own)
	l.claims = max(l.claims+1, time.Now().UnixMicro())
	return claim{of: l, own: own, note: note{shares: all, claim: l.claims, instance: l.instance}.String()}, nil
}

// retriedShare is the share of the latest events of the input that went to a retry topic, with those of a micro-batch.
func (l *deadLetterLimit) retriedShare(own shares) float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := total(l.latest.plus(l.window, l.pending, own).retried)
	return all.dead / float64(all.events)
}

// settle gives the room back, or makes the micro-batch part of the latest events.
func (c claim) settle(committed bool) {
	l := c.of
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending = l.pending.minus(c.own)
	if committed {
		l.latest = l.latest.plus(l.window, c.own)
	}
}

// annotate is what is committed with the offset of each partition.
func (c claim) annotate(string, int32) string { return c.note }

// restore takes what was committed with the offsets: by this instance, or where others have its partitions now, by them.
func (l *deadLetterLimit) restore(notes map[string]map[int32]string) {
	var last note
	for _, partitions := range notes {
		for _, text := range partitions {
			n, ok := parseNote(text)
			if !ok {
				continue
			}
			l.claims = max(l.claims, n.claim)
			mine, was := n.instance == l.instance, last.instance == l.instance
			if last.claim == 0 || mine && !was || mine == was && n.claim > last.claim {
				last = n
			}
		}
	}
	if last.claim > 0 {
		// In which order they came is not known. The dead letters count as the latest, which are forgotten last: another
		// order would make room for some more at each restart.
		l.latest = latest{first: last.first.deadLast(), waited: last.waited.deadLast()}.plus(l.window)
	}
}
