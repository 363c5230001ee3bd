package stages

import (
	"context"
	"iter"
)

// Rows are the events of one run with their results. Only one goroutine at a time may use them.
type Rows[E any] struct {
	run *run[E]
}

// Row is one event of a run. Pass it to Node.Of.
type Row[E any] struct {
	run   *run[E]
	index int32
}

// Event returns the event.
func (r Row[E]) Event() E { return r.run.events[r.index] }

// Context returns the context of Run. A key function of After that may take long checks it.
func (r Row[E]) Context() context.Context { return r.run.ctx }

// At returns the row of the i-th event.
func (r *Rows[E]) At(i int) Row[E] { return Row[E]{run: r.run, index: int32(i)} }

// All yields the rows in the order of the events.
func (r *Rows[E]) All() iter.Seq[Row[E]] {
	return func(yield func(Row[E]) bool) {
		for i := range r.run.events {
			if !yield(r.At(i)) {
				return
			}
		}
	}
}

// Err returns why the run as a whole has failed: its context ended (the context's cause), a loader can never succeed
// (ErrFatal), or a backend failed every call (ErrOutage). The events are then not at fault for failed keys. Err is nil
// if each key has its own outcome.
func (r *Rows[E]) Err() error {
	return r.run.failure
}

// Stats returns the statistics of each stage, in the order in which the stages were added to the plan.
func (r *Rows[E]) Stats() []StageStats {
	stats := make([]StageStats, len(r.run.plan.nodes))
	for i, n := range r.run.plan.nodes {
		stats[i] = n.stats(r.run)
		stats[i].Asked, stats[i].Settled = r.run.times[i].asked, r.run.times[i].settled
	}
	for node := range r.run.criticalPath() {
		stats[node].Critical = max(stats[node].Settled-stats[node].Asked, 0)
	}
	return stats
}
