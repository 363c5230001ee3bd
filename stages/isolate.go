package stages

import "context"

// isolate decides about keys that stay open when the retries have ended. Either the source answers nobody, and that is an
// outage; or it answers, and then some of the keys are at fault and are looked for by halves. A key is condemned only if it
// fails alone, twice, with an answer for a known key after each: a source that is just going or coming condemns nobody.
// Whether it answers is asked whatever the backend's breaker says: what was never asked decides nothing. An answer closes
// the breaker, and nothing is halved while it is not closed.
func (c *chunk[K, V]) isolate(ctx context.Context, at []int32, tried *KeyError) {
	s := search[K, V]{chunk: c, ctx: withPurpose(ctx, searching), tried: tried}
	var answered bool
	if c.loader.known.Load() == nil {
		at, answered = s.first(at)
	} else {
		answered = s.answers()
	}
	switch {
	case len(at) == 0:
	case !answered:
		s.outage(at)
	case len(at) == 1:
		s.alone(at)
	default:
		s.halve(at)
	}
}

// search is one isolate under way.
type search[K comparable, V any] struct {
	chunk *chunk[K, V]
	ctx   context.Context //nolint:containedctx // It lives as long as one call of isolate.
	tried *KeyError
	over  bool // there is an outage, or the run has ended: nothing more is asked
}

// first asks for single keys where none is known, one and then another: a key at fault may be either. It answers the keys that
// stay open, and whether one was answered, which is known from now on.
func (s *search[K, V]) first(at []int32) (open []int32, answered bool) {
	if len(at) == 1 {
		return at, false // It has failed, and nobody else can say why.
	}
	ctx := withPurpose(s.ctx, probing)
	last := len(at) - 1
	if open, _ := s.call(ctx, at[:1]); len(open) == 0 {
		at = at[1:]
	} else if open, _ := s.call(ctx, at[last:]); len(open) == 0 {
		at = at[:last]
	}
	return at, !s.over && s.chunk.loader.known.Load() != nil
}

// halve tries each half of some keys, and looks on in what stays open.
func (s *search[K, V]) halve(at []int32) {
	left, leftErr := s.try(at[:len(at)/2])
	right, rightErr := s.try(at[len(at)/2:])
	for i, open := range [][]int32{left, right} {
		missing := isSomeMissing([]error{leftErr, rightErr}[i])
		switch {
		case len(open) == 0:
		case s.over, s.chunk.halves < 2 && !missing:
			s.outage(open)
		case len(open) == 1:
			s.alone(open)
		default:
			s.halve(open)
		}
	}
}

// try makes one call. The keys that it leaves open are at fault, or the source is away. Where other calls have opened the
// breaker meanwhile, it is asked first whether the source answers. It does not count a call that is refused for missing keys:
// halving ends without a limit on calls, too.
func (s *search[K, V]) try(at []int32) ([]int32, error) {
	if !s.over && !s.chunk.loader.cfg.Backend.breaker.closed() && !s.answers() {
		s.over = true
	}
	s.chunk.halves--
	open, err := s.call(s.ctx, at)
	if isSomeMissing(err) {
		s.chunk.halves++
	}
	return open, err
}

func (s *search[K, V]) call(ctx context.Context, at []int32) ([]int32, error) {
	if s.over {
		return at, nil
	}
	open, err := s.chunk.try(ctx, at, s.tried)
	// What was not asked leaves keys open for nothing, and the next answer proves nothing about them.
	s.over = rejected(err) || s.chunk.failure != nil
	if err != nil {
		s.tried = s.tried.with(err)
	}
	return open, err
}

// alone decides about one key that has failed by itself before.
func (s *search[K, V]) alone(at []int32) {
	if !s.answers() {
		s.outage(at)
		return
	}
	open, _ := s.try(at)
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
	ctx, loader := withPurpose(s.ctx, probing), s.chunk.loader
	b, err := loader.call(ctx, []K{*known}, loader.cfg.Backend.admit(ctx), &s.chunk.stats)
	if b.answered() || err != nil && ClassOf(err) == Permanent {
		return true
	}
	if err != nil {
		s.tried = s.tried.with(err)
	}
	return false
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
