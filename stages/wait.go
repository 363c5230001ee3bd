package stages

import (
	"context"
	"slices"
)

// wait is what one run waits for: the load of its own keys, and loads that other runs began.
type wait[K comparable, V any] struct {
	inflight *inflight[K, V]
	// own are the positions of the keys that load was given, which it has in this order from first on.
	own     []int32
	first   int
	load    *load[K, V]
	created bool // load is new, and this run performs it
	joined  map[*load[K, V]][]joinedKey
}

// joinedKey is a key of a run in a load that another run began.
type joinedKey struct {
	position int32 // in the run's keys
	index    int32 // in load.keys
}

// join waits for the load of an entry, for the key at a position. inflight.mu is held.
func (w *wait[K, V]) join(position int32, e entry[K, V]) {
	if w.joined == nil {
		w.joined = map[*load[K, V]][]joinedKey{}
	}
	if w.joined[e.load] == nil {
		e.load.waiting++
	}
	w.joined[e.load] = append(w.joined[e.load], joinedKey{position: position, index: e.index})
}

// collect waits for the loads and takes over their results. When ctx ends, the keys of unfinished loads fail. It returns the
// positions of keys that a refresh failed to load: the run loads them as if the refresh had never been.
func (w *wait[K, V]) collect(ctx context.Context, a *answer[V]) (again []int32) {
	if w.load != nil {
		w.collectOwn(ctx, a)
	}
	for l, keys := range w.joined {
		finished := w.await(ctx, l, a)
		if finished && !l.background {
			a.failure = worse(a.failure, l.failure)
		}
		for _, k := range keys {
			r := Result[V]{Err: context.Cause(ctx), State: Failed}
			if finished {
				r = l.results[k.index]
			}
			if finished && l.background && r.State == Failed {
				again = append(again, k.position)
				continue
			}
			a.results[k.position], a.origins[k.position] = r, fromFlight
		}
	}
	slices.Sort(again)
	return again
}

func (w *wait[K, V]) collectOwn(ctx context.Context, a *answer[V]) {
	l := w.load
	if !w.await(ctx, l, a) {
		for _, j := range w.own {
			a.results[j] = Result[V]{Err: context.Cause(ctx), State: Failed}
		}
		return
	}
	a.failure = worse(a.failure, l.failure)
	if w.created {
		a.calls.add(l.calls)
	}
	for i, j := range w.own {
		a.results[j] = l.results[w.first+i]
	}
}

// await waits for a load, and reports whether it finished before ctx ended. The last run to leave waits until the load has
// ended, so that nothing of it outlives its runs.
func (w *wait[K, V]) await(ctx context.Context, l *load[K, V], a *answer[V]) bool {
	select {
	case <-l.done:
		return true
	case <-ctx.Done():
	}
	a.failure = worse(a.failure, context.Cause(ctx))
	if w.inflight.leave(l) {
		<-l.done
	}
	return false
}
