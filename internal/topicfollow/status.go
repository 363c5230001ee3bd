package topicfollow

import (
	"context"
	"maps"
	"time"
)

// Status is how far a Follower is.
type Status struct {
	// Waiting is true until the records that were in the topics at the start are applied. Behind is how many of their offsets are
	// left, and Total how many there were; Behind is -1 while that is not known.
	Waiting       bool
	Behind, Total int64
	// Lag is the number of offsets to the end, by topic, when the ends were last looked at.
	Lag map[string]int64
	// Current is the time up to which all changes have been applied: those whose records were in the topics then. Before
	// any, it is the Follower's start.
	Current time.Time
}

// Status says how far the Follower is. It is safe for concurrent use.
func (f *Follower) Status() Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.status
	s.Lag = maps.Clone(s.Lag)
	return s
}

// wait begins to wait for the ends, so many offsets behind them.
func (f *Follower) wait(total int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status.Waiting, f.status.Total = true, total
}

// looked notes where the partitions end.
func (f *Follower) looked(found Extents) {
	f.latest = found
	if f.pending.Asked.IsZero() {
		f.pending = found
	}
}

// note notes how far the reading is.
func (f *Follower) note(ctx context.Context) {
	if ended(ctx) {
		return // Not all may have heard of what was read last.
	}
	// While records keep coming, the latest ends are never reached before there are later ones.
	current := time.Time{}
	switch {
	case f.positions.reach(f.latest.Ends()):
		current, f.pending = f.latest.Asked, Extents{}
	case f.positions.reach(f.pending.Ends()):
		current, f.pending = f.pending.Asked, f.latest
	}
	caught := f.targets != nil && f.positions.reach(f.targets)
	f.advance(current, caught)
	if caught {
		f.targets = nil
		f.caughtOnce.Do(func() { close(f.caught) })
	}
	f.cfg.Handler.Applied(ctx, f.positions, current)
	f.cfg.OnStatus(ctx, f.Status())
}

// advance takes over what note has found.
func (f *Follower) advance(current time.Time, caught bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if current.After(f.status.Current) {
		f.status.Current = current
	}
	for topic := range f.status.Lag {
		f.status.Lag[topic] = 0
	}
	for p, x := range f.latest.Of {
		f.status.Lag[p.Topic] += max(x.End-f.positions[p], 0)
	}
	f.status.Behind = f.positions.Behind(f.targets)
	if caught {
		f.status.Waiting = false
	}
}
