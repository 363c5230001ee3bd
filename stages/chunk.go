package stages

import (
	"context"
	"errors"

	"github.com/loaderline/loaderline/internal/loaderr"
)

// chunk settles the keys of one bulk call, or of many calls with one key each: by these calls, by further calls for keys that
// may still load, and by bisection if single keys make calls fail. One goroutine uses it.
type chunk[K comparable, V any] struct {
	loader  *Loader[K, V]
	keys    []K
	results []Result[V] // of keys, by position
	budget  budget
	// bisectCalls is how many more calls bisection may make.
	bisectCalls int
	// admitted is for the first call; nil if that has to be admitted as all others.
	admitted *admission
	// first is the position that the next round of single calls begins with.
	first   int32
	stats   callStats
	failure error
}

func (l *Loader[K, V]) chunk(keys []K, results []Result[V], b budget) *chunk[K, V] {
	return &chunk[K, V]{loader: l, keys: keys, results: results, budget: b, bisectCalls: maxBisectCalls(len(keys))}
}

// settle fills all results.
func (c *chunk[K, V]) settle(ctx context.Context) {
	c.bisect(ctx, positions(len(c.keys)))
}

// retry calls for keys until each is settled or another call cannot help. It returns the keys that a permanent error of the
// whole call left unsettled.
func (c *chunk[K, V]) retry(ctx context.Context, at []int32) ([]int32, *loaderr.KeyError) {
	pauses := c.budget.pauses()
	tried := loaderr.KeyError{Loader: c.loader.cfg.Name}
	for {
		open, err := c.try(ctx, at, &tried)
		switch {
		case len(open) == 0:
			return nil, nil
		case ClassOf(err).ofKeys():
			return open, tried.With(err)
		}
		if c.budget.once {
			c.fail(open, tried.With(err))
			return nil, nil
		}
		if open = c.serveStale(ctx, open); len(open) == 0 {
			return nil, nil
		}
		if _, is := errors.AsType[*loaderr.BreakerOpenError](err); is && c.loader.cfg.OutageFailsKeys {
			c.failForOutage(open, tried.With(err))
			return nil, nil
		}
		if !pauses.next(ctx) {
			c.bisectUnanswered(ctx, open, tried.With(err))
			return nil, nil
		}
		at = open
	}
}

// try makes one call for keys, or one for each, and takes over what it settled. open are the keys that another call may settle,
// and err says why; a permanent err is one of the whole call. An error that fails the run leaves no key open.
func (c *chunk[K, V]) try(ctx context.Context, at []int32, tried *loaderr.KeyError) (open []int32, err error) {
	if c.loader.cfg.MaxBatch == 1 && len(at) > 1 {
		return c.tryEach(ctx, at, tried)
	}
	admitted := c.admitted
	c.admitted = nil
	if admitted == nil {
		admitted = c.loader.cfg.Backend.admit(ctx)
	}
	b, err := c.loader.call(ctx, pick(c.keys, at), admitted, &c.stats)
	c.loader.rememberKnown(b)
	tried.Attempts++
	tried.Failed(err)
	if cause := context.Cause(ctx); cause != nil {
		c.failRun(at, tried.With(cause), cause)
		return nil, nil
	}
	if err != nil && ClassOf(err) == Fatal {
		c.failRun(at, tried.With(err), &loaderr.FatalError{Loader: c.loader.cfg.Name, Err: err})
		return nil, nil
	}
	open, cause := c.take(at, b, tried)
	if err == nil {
		err = cause
	}
	return open, err
}

// take takes over the results of a call. open are the keys that it did not settle, or failed with a transient error; cause is
// the last of these errors.
func (c *chunk[K, V]) take(at []int32, b *Batch[K, V], tried *loaderr.KeyError) (open []int32, cause error) {
	for i, j := range at {
		r := b.results[i]
		switch {
		case !b.settled[i]:
			open = append(open, j)
		case r.State == Failed && ClassOf(r.Err).retryable():
			tried.Failed(r.Err)
			open, cause = append(open, j), r.Err
		case r.State == Failed:
			tried.Failed(r.Err)
			c.results[j] = Result[V]{Err: tried.With(r.Err), State: Failed}
		default:
			c.results[j] = r
		}
	}
	return open, cause
}

// serveStale settles the keys that the cache still has stale values of, and returns the others.
func (c *chunk[K, V]) serveStale(ctx context.Context, at []int32) []int32 {
	if c.loader.cache == nil {
		return at
	}
	served := make([]bool, len(at))
	c.loader.cache.GetStale(ctx, pick(c.keys, at), func(i int, r Result[V]) { c.results[at[i]], served[i] = r, true })
	rest := at[:0:0]
	for i, j := range at {
		if !served[i] {
			rest = append(rest, j)
		}
	}
	return rest
}

// fail fails keys.
func (c *chunk[K, V]) fail(at []int32, err error) {
	for _, j := range at {
		c.results[j] = Result[V]{Err: err, State: Failed}
	}
}

// failAtFault fails the one key that its call has failed for.
func (c *chunk[K, V]) failAtFault(at []int32, tried *loaderr.KeyError) {
	err := tried.With(tried.Err)
	err.AtFault = true
	c.fail(at, err)
}

// failRun fails keys with err, and the run with failure.
func (c *chunk[K, V]) failRun(at []int32, err, failure error) {
	c.failure = worse(c.failure, failure)
	c.fail(at, err)
}

// failForOutage fails keys for an outage of the backend, and the run unless the loader says otherwise. tried has the error of
// the last call. If that was an answer that cannot be read, it is no outage: waiting does not help, and the error is fatal.
func (c *chunk[K, V]) failForOutage(at []int32, tried *loaderr.KeyError) {
	if ClassOf(tried.Err) == Unusable {
		c.failRun(at, tried, &loaderr.FatalError{Loader: c.loader.cfg.Name, Err: tried.Err})
		return
	}
	outage := &loaderr.OutageError{Loader: c.loader.cfg.Name, Source: c.loader.cfg.Backend.cfg.Name, Ping: c.loader.cfg.Backend.Ping, Err: tried.Err}
	if c.loader.cfg.OutageFailsKeys {
		c.fail(at, tried.With(outage))
		return
	}
	c.failRun(at, tried, outage)
}
