package stages

import (
	"context"
	"math/bits"

	"github.com/loaderline/loaderline/internal/loaderr"
)

// maxBisectCalls is the most calls that bisecting n keys may take. One key at fault takes about 2 log2 n; the rest is for
// further ones.
func maxBisectCalls(n int) int { return n/8 + 2*bits.Len(uint(n)) }

// bisect settles the keys at some positions. If a call fails with a permanent error, bisect halves its keys until those at
// fault stand alone, or until no call is left: then the remaining keys fail together. If keys are only missing, bisect asks for
// each key alone at the end, with at most one call for each.
func (c *chunk[K, V]) bisect(ctx context.Context, at []int32) {
	at, tried := c.retry(ctx, at)
	if len(at) == 0 {
		return
	}
	if len(at) == 1 {
		c.failAtFault(at, tried)
		return
	}
	switch {
	case c.failure != nil || ctx.Err() != nil:
		c.fail(at, tried)
		return
	case c.bisectCalls < 2 && ClassOf(tried.Err) == SomeMissing:
		for i := range at {
			c.bisect(ctx, at[i:i+1])
		}
		return
	case c.bisectCalls < 2:
		c.fail(at, tried)
		return
	}
	c.bisectCalls -= 2
	c.bisect(ctx, at[:len(at)/2])
	c.bisect(ctx, at[len(at)/2:])
}

// bisectUnanswered settles keys that transient errors have left when the retries end. If the source does not answer for a key
// that it has answered for before, there is an outage. If it does, some of the keys are at fault, and bisection finds them.
//
// A key is at fault only if it fails alone, twice, and the source answers for a known key after each time: a source that is
// just going down or coming up puts no key at fault. The calls for a known key are made even if the breaker is open, and an
// answer closes it. Keys are halved only while the breaker is closed.
func (c *chunk[K, V]) bisectUnanswered(ctx context.Context, at []int32, tried *loaderr.KeyError) {
	b := bisection[K, V]{chunk: c, ctx: withPurpose(ctx, bisecting), tried: tried}
	var answers bool
	if c.loader.known.Load() == nil {
		at, answers = b.findKnown(at)
	} else {
		answers = b.sourceAnswers()
	}
	switch {
	case len(at) == 0:
	case !answers:
		b.outage(at)
	case len(at) == 1:
		b.single(at)
	default:
		b.halve(at)
	}
}

// bisection is one call of bisectUnanswered.
type bisection[K comparable, V any] struct {
	chunk *chunk[K, V]
	ctx   context.Context //nolint:containedctx // It lives as long as one call of bisectUnanswered.
	tried *loaderr.KeyError
	over  bool // there is an outage, or the run has ended: no further call is made
}

// findKnown asks for single keys if the source has not answered for any key yet: for the first, and then for the last, since
// either may be at fault. It returns the unsettled keys, and whether there is a known key now.
func (b *bisection[K, V]) findKnown(at []int32) (open []int32, answers bool) {
	if len(at) == 1 {
		return at, false // It has failed, and no other key can say why.
	}
	ctx := withPurpose(b.ctx, probing)
	last := len(at) - 1
	if open, _ := b.call(ctx, at[:1]); len(open) == 0 {
		at = at[1:]
	} else if open, _ := b.call(ctx, at[last:]); len(open) == 0 {
		at = at[:last]
	}
	return at, !b.over && b.chunk.loader.known.Load() != nil
}

// halve asks for each half of some keys, and halves again what stays unsettled.
func (b *bisection[K, V]) halve(at []int32) {
	left, leftErr := b.try(at[:len(at)/2])
	right, rightErr := b.try(at[len(at)/2:])
	for i, open := range [][]int32{left, right} {
		missing := ClassOf([]error{leftErr, rightErr}[i]) == SomeMissing
		switch {
		case len(open) == 0:
		case b.over, b.chunk.bisectCalls < 2 && !missing:
			b.outage(open)
		case len(open) == 1:
			b.single(open)
		default:
			b.halve(open)
		}
	}
}

// try makes one call and returns the keys that it left unsettled: keys at fault, or all because of an outage. If other calls
// have opened the breaker meanwhile, try first asks whether the source answers. A call that is refused for missing keys does
// not count, since halving ends without a bound then, too.
func (b *bisection[K, V]) try(at []int32) ([]int32, error) {
	if !b.over && !b.chunk.loader.cfg.Backend.breaker.closed() && !b.sourceAnswers() {
		b.over = true
	}
	b.chunk.bisectCalls--
	open, err := b.call(b.ctx, at)
	if ClassOf(err) == SomeMissing {
		b.chunk.bisectCalls++
	}
	return open, err
}

func (b *bisection[K, V]) call(ctx context.Context, at []int32) ([]int32, error) {
	if b.over {
		return at, nil
	}
	open, err := b.chunk.try(ctx, at, b.tried)
	// A rejected call was not made, so its keys are open for no fault of theirs.
	b.over = rejected(err) || b.chunk.failure != nil
	if err != nil {
		b.tried = b.tried.With(err)
	}
	return open, err
}

// single settles one key that a call for it alone has left open.
func (b *bisection[K, V]) single(at []int32) {
	if !b.sourceAnswers() {
		b.outage(at)
		return
	}
	open, _ := b.try(at)
	switch {
	case len(open) == 0:
	case b.sourceAnswers():
		b.chunk.failAtFault(open, b.tried)
	default:
		b.outage(open)
	}
}

// sourceAnswers asks for a known key, and reports whether the source responds.
func (b *bisection[K, V]) sourceAnswers() bool {
	known := b.chunk.loader.known.Load()
	if b.over || known == nil {
		return false
	}
	ctx, loader := withPurpose(b.ctx, probing), b.chunk.loader
	batch, err := loader.call(ctx, []K{*known}, loader.cfg.Backend.admit(ctx), &b.chunk.stats)
	if batch.answered() || ClassOf(err).ofKeys() {
		return true
	}
	if err != nil {
		b.tried = b.tried.With(err)
	}
	return false
}

// outage ends the bisection without a key at fault.
func (b *bisection[K, V]) outage(at []int32) {
	b.over = true
	tried := b.tried.With(b.tried.Err)
	if cause := context.Cause(b.ctx); cause != nil {
		b.chunk.failRun(at, tried, cause)
		return
	}
	b.chunk.failForOutage(at, tried)
}

// rememberKnown remembers one of the keys that a call has settled.
func (l *Loader[K, V]) rememberKnown(b *Batch[K, V]) {
	for i, r := range b.results {
		if b.settled[i] && r.State != Failed {
			key := b.Keys[i]
			l.known.Store(&key)
			return
		}
	}
}
