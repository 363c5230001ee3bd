package invalidation

import (
	"context"
	"log/slog"
	"maps"
	"time"
)

// Status is how far a Reader is.
type Status struct {
	// Waiting is true until the records that were in the topics at the start are applied. Behind is how many of their
	// offsets are left; -1 while that is not known.
	Waiting bool
	Behind  int64
	// Lag is the number of offsets to the end, by topic, when the ends were last looked at.
	Lag map[string]int64
	// Current is the time up to which all changes have been applied: those whose records were in the topics then. Before
	// any, it is the Reader's start.
	Current time.Time
}

// Status says how far the reader is. It is safe for concurrent use.
func (r *Reader) Status() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.status
	s.Lag = maps.Clone(s.Lag)
	return s
}

// looked notes where the partitions end.
func (r *Reader) looked(found extents) {
	r.latest = found
	if r.pending.asked.IsZero() {
		r.pending = found
	}
}

// note notes how far the reader is.
func (r *Reader) note(ctx context.Context) {
	// While records keep coming, the latest ends are never reached before there are later ones.
	current := time.Time{}
	switch {
	case r.positions.reach(r.latest.ends()):
		current, r.pending = r.latest.asked, extents{}
	case r.positions.reach(r.pending.ends()):
		current, r.pending = r.pending.asked, r.latest
	}
	caught := r.targets != nil && r.positions.reach(r.targets)
	r.mu.Lock()
	defer r.mu.Unlock()
	if current.After(r.status.Current) {
		r.status.Current = current
	}
	for topic := range r.status.Lag {
		r.status.Lag[topic] = 0
	}
	for p, x := range r.latest.of {
		r.status.Lag[p.Topic] += max(x.End-r.positions[p], 0)
	}
	r.status.Behind = behind(r.positions, r.targets)
	if caught {
		r.targets, r.status.Waiting = nil, false
		close(r.caught)
		r.cfg.Logger.LogAttrs(ctx, slog.LevelInfo, "change topics were read to the end that they had at the start")
	}
}
