package loaderline

import (
	"fmt"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
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
	limit  float64
	window int

	mu      sync.Mutex
	latest  []slice // the outcomes of the latest events that were committed, window at most, in order
	pending share   // the outcomes that are being committed
}

// share is a number of events, and how many of them are dead letters.
type share struct{ events, dead int }

func (s share) plus(o share) share      { return share{s.events + o.events, s.dead + o.dead} }
func (s share) minus(o share) share     { return share{s.events - o.events, s.dead - o.dead} }
func (s share) over(limit float64) bool { return float64(s.dead) > limit*float64(s.events) }

// slice is the share of one partition in a micro-batch.
type slice struct {
	share

	topic     string
	partition int32
}

// claim is a micro-batch's room within the limit, while it is being committed.
type claim struct {
	of     *deadLetterLimit
	slices []slice
	own    share
	latest []slice // with the micro-batch
}

// claim gives room to a micro-batch, or answers a *DeadLetterLimitError. Only one that has too many dead letters itself is
// refused: one that is better than the latest events shows that the cause is gone.
func (l *deadLetterLimit) claim(batch []*kgo.Record, out *output) (claim, error) {
	if l.limit >= 1 {
		return claim{of: l}, nil
	}
	c := claim{of: l, slices: out.slices(batch)}
	c.own = total(c.slices)
	l.mu.Lock()
	defer l.mu.Unlock()
	c.latest = trim(slices.Concat(l.latest, c.slices), l.window)
	all := total(c.latest).plus(l.pending)
	if all.events >= l.window && all.over(l.limit) && c.own.over(l.limit) {
		most := out.tally.most()
		return claim{}, &DeadLetterLimitError{Limit: l.limit, Events: all.events, Dead: all.dead, Most: most, Message: out.samples[most]}
	}
	l.pending = l.pending.plus(c.own)
	return c, nil
}

// settle gives the room back, or makes the micro-batch part of the latest events.
func (c claim) settle(committed bool) {
	l := c.of
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending = l.pending.minus(c.own)
	if committed {
		l.latest = trim(append(l.latest, c.slices...), l.window)
	}
}

// note is what is committed with a partition's offset: its part of the latest events.
func (c claim) note(topic string, partition int32) string {
	var sum share
	for _, s := range c.latest {
		if s.topic == topic && s.partition == partition {
			sum = sum.plus(s.share)
		}
	}
	if sum.events == 0 {
		return ""
	}
	return fmt.Sprintf("loaderline: %d dead letters of %d events", sum.dead, sum.events)
}

// restore takes what was committed with the offsets, by this process or others.
func (l *deadLetterLimit) restore(notes map[string]map[int32]string) {
	for topic, partitions := range notes {
		for number, note := range partitions {
			s := slice{topic: topic, partition: number}
			if n, err := fmt.Sscanf(note, "loaderline: %d dead letters of %d events", &s.dead, &s.events); n == 2 && err == nil && s.valid() {
				l.latest = append(l.latest, s)
			}
		}
	}
	// Each partition's part was true at another time, so all together may be more than the window: in proportion they are
	// what is known of it.
	if all := total(l.latest); all.events > l.window {
		for i := range l.latest {
			l.latest[i].share = l.latest[i].scaled(l.window, all.events)
		}
	}
}

func (s share) valid() bool { return s.events > 0 && s.dead >= 0 && s.dead <= s.events }

// scaled is part of the share, rounded to the nearest.
func (s share) scaled(part, of int) share {
	scale := func(n int) int { return (n*part + of/2) / of }
	return share{scale(s.events), min(scale(s.dead), scale(s.events))}
}

func total(of []slice) share {
	var sum share
	for _, s := range of {
		sum = sum.plus(s.share)
	}
	return sum
}

// trim leaves out the oldest events beyond a window, in place.
func trim(latest []slice, window int) []slice {
	for over := total(latest).events - window; over > 0; {
		oldest := &latest[0]
		if oldest.events <= over {
			over -= oldest.events
			latest = latest[1:]
			continue
		}
		oldest.share = oldest.scaled(oldest.events-over, oldest.events)
		over = 0
	}
	return latest
}
