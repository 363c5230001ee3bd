package stages

import "context"

// retryMissing loads the missing keys again, all in one call a round, until each has a value or the budget ends. Each round
// is a separate load, so runs that wait for other keys do not wait for these, and a value that another run has loaded
// meanwhile comes from the cache.
func (l *Loader[K, V]) retryMissing(ctx context.Context, keys []K, wanted wantedAt, b budget, a *answer[V]) {
	pauses := b.pauses()
	for at := a.missing(wanted); len(at) > 0 && a.failure == nil; at = a.missing(wanted) {
		if !pauses.next(ctx) {
			if cause := context.Cause(ctx); cause != nil {
				a.fail(at, cause)
			}
			return
		}
		again := l.settle(ctx, pick(keys, at), wanted.pick(at), b)
		for i, j := range at {
			a.results[j], a.origins[j] = again.results[i], again.origins[i]
		}
		a.calls.add(again.calls)
		a.failure = again.failure
	}
}

// missing returns the positions of the keys without a value.
func (a *answer[V]) missing(wanted wantedAt) []int32 {
	var at []int32
	for i, r := range a.results {
		if missingAt(r, wanted, i) {
			at = append(at, int32(i))
		}
	}
	return at
}

// fail fails the keys at some positions and the run.
func (a *answer[V]) fail(at []int32, cause error) {
	a.failure = worse(a.failure, cause)
	for _, j := range at {
		a.results[j] = Result[V]{Err: cause, State: Failed}
	}
}
