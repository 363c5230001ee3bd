// Package deadletterlimit decides whether too many of the latest events became
// dead letters.
//
// A Limit counts the events of the latest transactions. Each transaction is
// reserved before it is committed, and released when its end is known. A
// reservation has a checkpoint, which is committed with the offsets. A later
// process restores the Limit from it.
package deadletterlimit

import (
	"slices"
	"sync"
	"time"
)

// The defaults of a limit: the share of dead letters, and the number of latest
// events over which it is computed.
const (
	DefaultShare  = 0.5
	DefaultWindow = 1000
)

// Limit stops a pipeline that would dead-letter too many of its events, as
// after a wrong deploy. All workers of a process share one. Its methods are
// safe for concurrent use, except Restore, which comes first.
type Limit struct {
	limit    float64
	window   int
	instance string

	mu       sync.Mutex
	latest   latest // The outcomes that were committed.
	reserved Counts // The outcomes that are being committed.
	number   int64  // Of the last reservation. It rises over restarts.
}

// New returns a Limit that allows a share of dead letters, from 0 for none to 1
// for any number, among as many of the latest events as window says. The
// instance is the name of this process in its checkpoints.
func New(share float64, window int, instance string) *Limit {
	return &Limit{limit: share, window: window, instance: instance}
}

// Unlimited reports whether any number of dead letters is allowed.
func (l *Limit) Unlimited() bool { return l.limit >= 1 }

// Reservation is the place of a transaction in the Limit while it is being
// committed.
type Reservation struct {
	limit      *Limit
	counts     Counts
	checkpoint string
}

// Reserve counts a transaction, or returns an *ExceededError. A transaction is
// refused only if its own dead letters exceed the limit too: one that is better
// than the latest events shows that the cause is gone. An unlimited Limit does
// not count dead letters, so a later process with a limit begins without them.
func (l *Limit) Reserve(c Counts) (Reservation, error) {
	if l.Unlimited() {
		c.Input.Dead, c.Retried.Dead = 0, 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	latest := l.with(c)
	all := latest.total()
	if l.exceeded(all.Input, c.Input) {
		return Reservation{}, l.exceededBy(all.Input, false)
	}
	if l.exceeded(all.Retried, c.Retried) {
		return Reservation{}, l.exceededBy(all.Retried, true)
	}
	l.reserved = l.reserved.plus(c)
	l.number = max(l.number+1, time.Now().UnixMicro())
	at := checkpoint{Number: l.number, Instance: l.instance, Input: latest.input, Retried: latest.retried}
	return Reservation{limit: l, counts: c, checkpoint: at.String()}, nil
}

// exceeded reports whether the latest events are over the limit, and one
// transaction is too.
func (l *Limit) exceeded(all, own Share) bool {
	full := l.limit == 0 || all.Events >= l.window
	return full && all.over(l.limit) && own.over(l.limit)
}

// with returns the latest events, then the reserved ones, then one more
// transaction.
func (l *Limit) with(c Counts) latest {
	latest := latest{slices.Clone(l.latest.input), slices.Clone(l.latest.retried)}
	latest.add(l.reserved, l.window)
	latest.add(c, l.window)
	return latest
}

// RetriedShare returns the share of the latest events of the input that were
// sent to retry topics, in parts of Whole. It includes the events of a
// transaction that is not reserved yet. It is rounded up, so it is above zero
// if any event was sent there.
func (l *Limit) RetriedShare(c Counts) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.with(c).total().Input
	return (all.SentToRetry + all.Events - 1) / all.Events
}

// Release ends a reservation. If the transaction was committed its events
// become part of the latest ones.
func (r Reservation) Release(committed bool) {
	l := r.limit
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reserved = l.reserved.minus(r.counts)
	if committed {
		l.latest.add(r.counts, l.window)
	}
}

// Checkpoint returns the text to commit with the offsets of each partition. It
// has less than 2 kB.
func (r Reservation) Checkpoint() string { return r.checkpoint }

// Restore takes over the checkpoints that were committed with the offsets, by
// topic and partition. Those of this instance come first; another instance may
// have had the partitions since. Other texts are ignored. An unlimited Limit
// forgets all.
func (l *Limit) Restore(checkpoints map[string]map[int32]string) {
	if l.Unlimited() {
		return
	}
	var last checkpoint
	for _, partitions := range checkpoints {
		for _, text := range partitions {
			c, ok := parseCheckpoint(text)
			if !ok {
				continue
			}
			l.number = max(l.number, c.Number)
			mine, was := c.Instance == l.instance, last.Instance == l.instance
			if last.Number == 0 || mine && !was || mine == was && c.Number > last.Number {
				last = c
			}
		}
	}
	l.latest = latest{trim(last.Input, l.window), trim(last.Retried, l.window)}
}
