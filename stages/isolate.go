package stages

import (
	"context"
	"errors"
)

// isolate decides about keys that stay open when the retries have ended. Either the source answers nobody, and that is an
// outage; or it answers, and then some of the keys are at fault and are looked for by halves. A key is condemned only if it
// fails alone, twice, with an answer for a known key after each: a source that is just going or coming condemns nobody.
// Its calls are made whatever the backend's breaker says: what was never asked decides nothing.
func (c *chunk[K, V]) isolate(ctx context.Context, at []int32, tried *KeyError) {
	s := search[K, V]{chunk: c, ctx: asProbe(ctx), tried: tried}
	if c.loader.known.Load() != nil && !s.answers() {
		s.outage(at)
		return
	}
	if len(at) == 1 {
		s.alone(at)
		return
	}
	s.halve(at)
}

// search is one isolate under way.
type search[K comparable, V any] struct {
	chunk *chunk[K, V]
	ctx   context.Context //nolint:containedctx // It lives as long as one call of isolate.
	tried *KeyError
	over  bool // there is an outage, or the run has ended: nothing more is asked
}

// halve tries each half of some keys, and looks on in what stays open.
func (s *search[K, V]) halve(at []int32) {
	left, right := s.try(at[:len(at)/2]), s.try(at[len(at)/2:])
	if s.chunk.loader.known.Load() == nil {
		s.over = true // Neither half has an answer, and nor has anything before.
	}
	for _, open := range [][]int32{left, right} {
		switch {
		case len(open) == 0:
		case s.over || s.chunk.halves < 2:
			s.outage(open)
		case len(open) == 1:
			s.alone(open)
		default:
			s.halve(open)
		}
	}
}

// try makes one call. The keys that it leaves open are at fault, or the source is away.
func (s *search[K, V]) try(at []int32) []int32 {
	if s.over {
		return at
	}
	s.chunk.halves--
	open, err := s.chunk.try(s.ctx, at, s.tried)
	_, busy := errors.AsType[*BusyError](err) // Then nothing was asked, and the next answer proves nothing.
	s.over = busy || s.chunk.failure != nil
	if err != nil {
		s.tried = s.tried.with(err)
	}
	return open
}

// alone decides about one key that has failed by itself before.
func (s *search[K, V]) alone(at []int32) {
	if !s.answers() {
		s.outage(at)
		return
	}
	open := s.try(at)
	switch {
	case len(open) == 0:
	case s.answers():
		s.chunk.condemn(open, s.tried)
	default:
		s.outage(open)
	}
}

// answers asks for a key that was answered before, to learn whether the source answers at all.
func (s *search[K, V]) answers() bool {
	known := s.chunk.loader.known.Load()
	if s.over || known == nil {
		return false
	}
	b, err := s.chunk.loader.call(s.ctx, []K{*known}, &s.chunk.stats)
	return b.answered() || err != nil && ClassOf(err) == Permanent
}

// outage ends the search: nobody is at fault.
func (s *search[K, V]) outage(at []int32) {
	s.over = true
	tried := s.tried.with(s.tried.Err)
	if ended := context.Cause(s.ctx); ended != nil {
		s.chunk.abandon(at, tried, ended)
		return
	}
	s.chunk.away(at, tried)
}

// learn keeps a key that a call has answered for.
func (l *Loader[K, V]) learn(b *Batch[K, V]) {
	for i, r := range b.results {
		if b.settled[i] && r.State != Failed {
			key := b.Keys[i]
			l.known.Store(&key)
			return
		}
	}
}
