package stages

import (
	"context"
	"math"
	"slices"
)

// trip is what one load waits for: the flight that loads its own keys, and flights of others.
type trip[K comparable, V any] struct {
	flights *flights[K, V]
	own     []int32 // positions of the keys in flight, which are in its keys in this order
	first   int     // where they begin there
	flight  *flight[K, V]
	opened  bool // flight is to be flown by whoever makes this trip
	joined  map[*flight[K, V]][]connection
}

// connection is a key of a trip in a flight of another.
type connection struct{ position, index int32 }

// noLanding is the number for who has not asked the cache.
const noLanding = math.MaxUint64

// boarding is what seats are taken for: the keys at some positions, which the cache does not hold.
type boarding[K comparable] struct {
	keys     []K
	at       []int32
	since    Stamp
	outdated func(K, Stamp) bool
	asked    uint64 // what ask answered
	// background is for a refresh: keys that somebody else loads are left to them.
	background bool
	most       int // keys of a flight that others have opened
}

// board takes a seat for each key: in a flight that is under way or has landed since the cache was asked, in one that
// waits for its call and has room, or in a new one. A flight that began before its key was invalidated may bring the old value, and is not joined.
func (t *flights[K, V]) board(ctx context.Context, b boarding[K]) *trip[K, V] {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := &trip[K, V]{flights: t}
	for _, j := range b.at {
		s, ok := t.seats[b.keys[j]]
		if !ok || !s.good(b.asked) || b.outdated(b.keys[j], s.flight.since) {
			p.own = append(p.own, j)
			continue
		}
		if b.background {
			continue
		}
		if p.joined == nil {
			p.joined = map[*flight[K, V]][]connection{}
		}
		if p.joined[s.flight] == nil {
			s.flight.waiting++
		}
		p.joined[s.flight] = append(p.joined[s.flight], connection{position: j, index: s.index})
	}
	if len(p.own) == 0 {
		return p
	}
	if p.flight = t.gate; !t.gateTakes(b, p.own) {
		p.flight, p.opened = t.open(ctx, b), true
	}
	p.flight.waiting++
	p.first = t.seat(p.flight, b.keys, p.own)
	return p
}

// gateTakes says whether there is a flight at the gate that keys at some positions can go with: by one call more is loaded
// than by several that wait for each other. t.mu is held.
func (t *flights[K, V]) gateTakes(b boarding[K], at []int32) bool {
	f := t.gate
	return f != nil && !b.background && len(f.keys)+len(at) <= b.most &&
		!slices.ContainsFunc(at, func(j int32) bool { return b.outdated(b.keys[j], f.since) })
}

// wait takes in what the flights bring. When the context ends, the keys of those that have not landed fail. It answers the
// positions of keys that a refresh has failed to bring: they are to be loaded as if it had never been.
func (p *trip[K, V]) wait(ctx context.Context, a *answer[V]) (again []int32) {
	if f := p.flight; f != nil {
		if p.landed(ctx, f, a) {
			a.failure = worse(a.failure, f.failure)
			if p.opened {
				a.calls.add(f.calls)
			}
			for i, j := range p.own {
				a.results[j] = f.results[p.first+i]
			}
		} else {
			for _, j := range p.own {
				a.results[j] = Result[V]{Err: context.Cause(ctx), State: Failed}
			}
		}
	}
	for f, connections := range p.joined {
		landed := p.landed(ctx, f, a)
		if landed && !f.background {
			a.failure = worse(a.failure, f.failure)
		}
		for _, c := range connections {
			r := Result[V]{Err: context.Cause(ctx), State: Failed}
			if landed {
				r = f.results[c.index]
			}
			if landed && f.background && r.State == Failed {
				again = append(again, c.position)
				continue
			}
			a.results[c.position], a.origins[c.position] = r, Origin{From: FromFlight}
		}
	}
	slices.Sort(again)
	return again
}

// landed waits for a flight, and says whether it landed before the context ended.
func (p *trip[K, V]) landed(ctx context.Context, f *flight[K, V], a *answer[V]) bool {
	select {
	case <-f.done:
		return true
	case <-ctx.Done():
	}
	a.failure = worse(a.failure, context.Cause(ctx))
	if p.flights.leave(f) {
		<-f.done // The source is told, and nothing of it outlives its last waiter.
	}
	return false
}
