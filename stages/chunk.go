package stages

import (
	"context"
	"errors"
	"math/bits"
)

// chunk settles the keys of one bulk call: by that call, by another for keys that are worth another try, and by
// halves where the call dies of single keys. One goroutine uses it.
type chunk[K comparable, V any] struct {
	loader  *Loader[K, V]
	keys    []K
	results []Result[V] // of keys, by position
	budget  budget
	halves  int // calls that may still be spent on finding the keys at fault
	// admitted is for the first call; nil: it is to be admitted as all others.
	admitted *admission
	stats    CallStats
	failure  error
}

func (l *Loader[K, V]) chunk(keys []K, results []Result[V], b budget) *chunk[K, V] {
	return &chunk[K, V]{
		loader: l, keys: keys, results: results, budget: b,
		// One bad key among n takes about 2 log2 n calls; the rest is for more of them.
		halves: len(keys)/8 + 2*bits.Len(uint(len(keys))),
	}
}

// settle fills all results.
func (c *chunk[K, V]) settle(ctx context.Context) {
	c.bisect(ctx, positions(len(c.keys)))
}

// bisect settles the keys at some positions. Where a call dies of a permanent error, it halves them until the keys at
// fault stand alone, or the bound on calls is reached: then they fail together. If keys are only missing, bisect asks for
// each key alone instead, with at most one call a key.
func (c *chunk[K, V]) bisect(ctx context.Context, at []int32) {
	at, tried := c.persist(ctx, at)
	if len(at) == 0 {
		return
	}
	if len(at) == 1 {
		c.condemn(at, tried)
		return
	}
	switch {
	case c.failure != nil || ctx.Err() != nil:
		c.fail(at, tried)
		return
	case c.halves < 2 && isSomeMissing(tried.Err):
		for i := range at {
			c.bisect(ctx, at[i:i+1])
		}
		return
	case c.halves < 2:
		c.fail(at, tried)
		return
	}
	c.halves -= 2
	c.bisect(ctx, at[:len(at)/2])
	c.bisect(ctx, at[len(at)/2:])
}

// persist calls for keys until each is settled or trying again cannot help. The keys that it gives back are those that a
// permanent error of the call as a whole left open.
func (c *chunk[K, V]) persist(ctx context.Context, at []int32) ([]int32, *KeyError) {
	waits := c.budget.waits()
	tried := KeyError{Loader: c.loader.cfg.Name}
	for {
		open, err := c.try(ctx, at, &tried)
		switch {
		case len(open) == 0:
			return nil, nil
		case ClassOf(err) == Permanent:
			return open, tried.with(err)
		}
		if c.budget.once {
			c.fail(open, tried.with(err))
			return nil, nil
		}
		if open = c.serveStale(ctx, open); len(open) == 0 {
			return nil, nil
		}
		if _, is := errors.AsType[*BreakerOpenError](err); is && c.loader.cfg.OutageFailsKeys {
			c.away(open, tried.with(err))
			return nil, nil
		}
		if !waits.next(ctx) {
			c.isolate(ctx, open, tried.with(err))
			return nil, nil
		}
		at = open
	}
}

// try makes one call for keys and takes what it settled. Open are the keys that another call may settle, with the reason:
// a permanent one is of the call as a whole. What ends the run leaves none open.
func (c *chunk[K, V]) try(ctx context.Context, at []int32, tried *KeyError) (open []int32, err error) {
	admitted := c.admitted
	c.admitted = nil
	if admitted == nil {
		admitted = c.loader.cfg.Backend.admit(ctx)
	}
	b, err := c.loader.call(ctx, pick(c.keys, at), admitted, &c.stats)
	c.loader.learn(b)
	tried.Attempts++
	tried.failed(err)
	if cause := context.Cause(ctx); cause != nil {
		c.abandon(at, tried.with(cause), cause)
		return nil, nil
	}
	if err != nil && ClassOf(err) == Fatal {
		c.abandon(at, tried.with(err), &FatalError{Loader: c.loader.cfg.Name, Err: err})
		return nil, nil
	}
	open, cause := c.take(at, b, tried)
	if err == nil {
		err = cause
	}
	return open, err
}

// serveStale settles keys by what the cache still has of them, and answers the others.
func (c *chunk[K, V]) serveStale(ctx context.Context, at []int32) []int32 {
	if c.loader.cfg.Cache == nil {
		return at
	}
	served := make([]bool, len(at))
	c.loader.cfg.Cache.GetStale(ctx, pick(c.keys, at), func(i int, r Result[V]) { c.results[at[i]], served[i] = r, true })
	rest := at[:0:0]
	for i, j := range at {
		if !served[i] {
			rest = append(rest, j)
		}
	}
	return rest
}

// abandon fails keys together with the run.
func (c *chunk[K, V]) abandon(at []int32, err, failure error) {
	c.failure = worse(c.failure, failure)
	c.fail(at, err)
}

// away fails keys for an outage of the backend, together with the run unless the loader says otherwise. tried has the last
// call's error.
func (c *chunk[K, V]) away(at []int32, tried *KeyError) {
	if ClassOf(tried.Err) == Unusable { // It answers, so there is nothing to wait for.
		c.abandon(at, tried, &FatalError{Loader: c.loader.cfg.Name, Err: tried.Err})
		return
	}
	outage := &OutageError{Loader: c.loader.cfg.Name, Backend: c.loader.cfg.Backend, Err: tried.Err}
	if c.loader.cfg.OutageFailsKeys {
		c.fail(at, tried.with(outage))
		return
	}
	c.abandon(at, tried, outage)
}

// condemn fails the one key that calls have died of.
func (c *chunk[K, V]) condemn(at []int32, tried *KeyError) {
	alone := tried.with(tried.Err)
	alone.alone = true
	c.fail(at, alone)
}

// take moves what a call settled into the results. Open are the positions it left: unsettled keys, and keys that
// failed with a transient error, the last of which is the cause.
func (c *chunk[K, V]) take(at []int32, b *Batch[K, V], tried *KeyError) (open []int32, cause error) {
	for i, j := range at {
		r := b.results[i]
		switch {
		case !b.settled[i]:
			open = append(open, j)
		case r.State == Failed && ClassOf(r.Err).Retryable():
			tried.failed(r.Err)
			open, cause = append(open, j), r.Err
		case r.State == Failed:
			tried.failed(r.Err)
			c.results[j] = Result[V]{Err: tried.with(r.Err), State: Failed}
		default:
			c.results[j] = r
		}
	}
	return open, cause
}

// fail settles the keys at some positions as failed.
func (c *chunk[K, V]) fail(at []int32, err error) {
	for _, j := range at {
		c.results[j] = Result[V]{Err: err, State: Failed}
	}
}
