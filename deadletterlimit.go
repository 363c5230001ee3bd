package loaderline

import (
	"fmt"
	"slices"
	"strings"
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
	latest  []share // the outcomes of the latest micro-batches that were committed, window events at most, in order
	pending share   // the outcomes that are being committed
	claims  int64   // the number of the last claim, which rises over restarts
}

func newDeadLetterLimit[E any](cfg *Config[E]) *deadLetterLimit {
	return &deadLetterLimit{limit: cfg.DeadLetterLimit, window: cfg.DeadLetterWindow, instance: cfg.Consumer.Instance}
}

// share is a number of events, and how many of them are dead letters.
type share struct{ events, dead int }

func (s share) plus(o share) share      { return share{s.events + o.events, s.dead + o.dead} }
func (s share) minus(o share) share     { return share{s.events - o.events, s.dead - o.dead} }
func (s share) over(limit float64) bool { return float64(s.dead) > limit*float64(s.events) }

// claim is a micro-batch's room within the limit, while it is being committed.
type claim struct {
	of   *deadLetterLimit
	own  share
	note string
}

// claim gives room to a micro-batch, or answers a *DeadLetterLimitError. Only one that has too many dead letters itself is
// refused: one that is better than the latest events shows that the cause is gone.
func (l *deadLetterLimit) claim(out *output) (claim, error) {
	if l.limit >= 1 {
		return claim{of: l}, nil
	}
	var own share
	for _, t := range out.tallies {
		own = own.plus(share{t.Records - t.Retried, t.allDead()})
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	all := total(trim(append(slices.Clone(l.latest), l.pending, own), l.window))
	if all.events >= l.window && all.over(l.limit) && own.over(l.limit) {
		most := out.mostDead()
		return claim{}, &DeadLetterLimitError{Limit: l.limit, Events: all.events, Dead: all.dead, Most: most, Message: out.samples[most]}
	}
	l.pending = l.pending.plus(own)
	l.claims = max(l.claims+1, time.Now().UnixMicro())
	return claim{of: l, own: own, note: note{share: all, claim: l.claims, instance: l.instance}.String()}, nil
}

// settle gives the room back, or makes the micro-batch part of the latest events.
func (c claim) settle(committed bool) {
	l := c.of
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending = l.pending.minus(c.own)
	if committed {
		l.latest = trim(append(l.latest, c.own), l.window)
	}
}

// annotate is what is committed with the offset of each partition.
func (c claim) annotate(string, int32) string { return c.note }

// note is the latest events of a process, those that are being committed included. That of a later claim has all that
// those before it have: so however the workers' commits overtake each other, the latest note that is there is enough.
type note struct {
	share

	claim    int64
	instance string
}

const noteFormat = "loaderline: %d dead letters of %d events; %d "

func (n note) String() string {
	return fmt.Sprintf(noteFormat, n.dead, n.events, n.claim) + n.instance
}

func parseNote(text string) (note, bool) {
	var n note
	if _, err := fmt.Sscanf(text, noteFormat, &n.dead, &n.events, &n.claim); err != nil || !n.valid() {
		return note{}, false
	}
	n.instance = strings.TrimPrefix(text, note{n.share, n.claim, ""}.String())
	return n, true
}

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
			if last.events == 0 || mine && !was || mine == was && n.claim > last.claim {
				last = n
			}
		}
	}
	if last.events > 0 {
		// In which order they came is not known. The dead letters count as the latest, which are forgotten last: another
		// order would make room for some more at each restart.
		l.latest = trim([]share{{events: last.events - last.dead}, {last.dead, last.dead}}, l.window)
	}
}

func (s share) valid() bool { return s.events > 0 && s.dead >= 0 && s.dead <= s.events }

// scaled is part of the share, rounded to the nearest.
func (s share) scaled(part, of int) share {
	scale := func(n int) int { return (n*part + of/2) / of }
	return share{scale(s.events), min(scale(s.dead), scale(s.events))}
}

func total(of []share) share {
	var sum share
	for _, s := range of {
		sum = sum.plus(s)
	}
	return sum
}

// trim leaves out the oldest events beyond a window, in place.
func trim(latest []share, window int) []share {
	for over := total(latest).events - window; over > 0; {
		oldest := &latest[0]
		if oldest.events <= over {
			over -= oldest.events
			latest = latest[1:]
			continue
		}
		*oldest = oldest.scaled(oldest.events-over, oldest.events)
		over = 0
	}
	return latest
}
