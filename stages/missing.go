package stages

import "context"

// awaitRows asks again for the keys that are missing, all in one call a round, until each has a value or the retries end.
// Each round is a load of its own: nobody who waits for another key waits for these, and a value that another batch has
// found meanwhile is taken from the cache.
func (l *Loader[K, V]) awaitRows(ctx context.Context, keys []K, b budget, a *answer[V]) {
	waits := b.waits()
	for at := a.missing(); len(at) > 0 && a.failure == nil; at = a.missing() {
		if !waits.next(ctx) {
			if cause := context.Cause(ctx); cause != nil {
				a.abandon(at, cause)
			}
			return
		}
		again := l.settle(ctx, pick(keys, at), b)
		for i, j := range at {
			a.results[j], a.origins[j] = again.results[i], again.origins[i]
		}
		a.calls.add(again.calls)
		a.failure = again.failure
	}
}

// missing are the positions of the keys without a value.
func (a *answer[V]) missing() []int32 {
	var at []int32
	for i, r := range a.results {
		if r.State == Missing {
			at = append(at, int32(i))
		}
	}
	return at
}

// abandon fails the keys at some positions together with the run.
func (a *answer[V]) abandon(at []int32, cause error) {
	a.failure = worse(a.failure, cause)
	for _, j := range at {
		a.results[j] = Result[V]{Err: cause, State: Failed}
	}
}
