package stages

import (
	"context"
	"math"
	"slices"
	"sync"
)

// flights are the loads of one loader that are under way, by key: a key is loaded once at a time, whoever asks for it.
type flights[K comparable, V any] struct {
	mu       sync.Mutex
	seats    map[K]seat[K, V]
	landings uint64 // flights that have landed, each after its results were cached
	// asking are the numbers of landings at which loads began to ask the cache: they may not have found what has landed since.
	asking map[uint64]int
	kept   []*flight[K, V] // landed, and their seats kept for those who are asking; in the order of landing
}

// seat is a key's place in a flight.
type seat[K comparable, V any] struct {
	flight *flight[K, V]
	index  int32
}

// flight is one bulk load. Its context is its own: it ends when nobody waits any more, and by nobody else's leaving.
type flight[K comparable, V any] struct {
	keys    []K
	since   Stamp
	waiting int             // guarded by flights.mu
	ctx     context.Context // ended by abandon
	abandon context.CancelFunc

	done    chan struct{} // closed when what follows is settled
	landing uint64        // its number; 0 before. Guarded by flights.mu
	results []Result[V]
	calls   CallStats
	failure error
}

// trip is what one load waits for: its own flight, and flights of others.
type trip[K comparable, V any] struct {
	flights *flights[K, V]
	own     []int32 // positions of the keys in flight, whose positions they are in its keys
	flight  *flight[K, V]
	joined  map[*flight[K, V]][]connection
}

// connection is a key of a trip in a flight of another.
type connection struct{ position, index int32 }

// noLanding is the number for who has not asked the cache.
const noLanding = math.MaxUint64

// ask says that a load begins to ask the cache. It answers the number of landings so far.
func (t *flights[K, V]) ask() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.asking == nil {
		t.asking = map[uint64]int{}
	}
	t.asking[t.landings]++
	return t.landings
}

// answered ends what ask began.
func (t *flights[K, V]) answered(asked uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.asking[asked]--; t.asking[asked] == 0 {
		delete(t.asking, asked)
	}
	first := uint64(noLanding)
	for n := range t.asking {
		first = min(first, n)
	}
	for len(t.kept) > 0 && t.kept[0].landing <= first {
		t.vacate(t.kept[0])
		t.kept = slices.Delete(t.kept, 0, 1)
	}
}

// board takes a seat for each key at some positions: in a flight that is under way or has landed since the cache was
// asked, or in a new one. A flight that began before its key was invalidated may bring the old value, and is not joined.
func (t *flights[K, V]) board(
	ctx context.Context, keys []K, at []int32, since Stamp, outdated func(K, Stamp) bool, asked uint64,
) *trip[K, V] {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := &trip[K, V]{flights: t}
	for _, j := range at {
		s, ok := t.seats[keys[j]]
		if !ok || !s.open(asked) || outdated(keys[j], s.flight.since) {
			p.own = append(p.own, j)
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
	if len(p.own) > 0 {
		p.flight = t.open(ctx, keys, p.own, since)
	}
	return p
}

// open says whether a seat is good for a load that asked the cache at some number of landings. A flight that has landed
// is good for what it brought, and only where the cache may have been asked too early for that.
func (s seat[K, V]) open(asked uint64) bool {
	f := s.flight
	if f.landing == 0 {
		return true
	}
	r := &f.results[s.index]
	return f.landing > asked && r.State != Failed && r.Stale == 0
}

// open makes a flight for the keys at some positions, with the values of ctx and an end of its own. t.mu is held.
func (t *flights[K, V]) open(ctx context.Context, keys []K, at []int32, since Stamp) *flight[K, V] {
	f := &flight[K, V]{keys: pick(keys, at), since: since, waiting: 1, done: make(chan struct{}), results: make([]Result[V], len(at))}
	f.ctx, f.abandon = context.WithCancel(context.WithoutCancel(ctx))
	if t.seats == nil {
		t.seats = map[K]seat[K, V]{}
	}
	for i, k := range f.keys {
		t.seats[k] = seat[K, V]{flight: f, index: int32(i)}
	}
	return f
}

// vacate gives up a flight's seats, but for those that a later flight has taken. t.mu is held.
func (t *flights[K, V]) vacate(f *flight[K, V]) {
	for _, k := range f.keys {
		if t.seats[k].flight == f {
			delete(t.seats, k)
		}
	}
}

// land ends a flight.
func (t *flights[K, V]) land(f *flight[K, V]) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.landings++
	f.landing = t.landings
	if len(t.asking) > 0 {
		t.kept = append(t.kept, f)
	} else {
		t.vacate(f)
	}
	f.abandon()
	close(f.done)
}

// leave gives up waiting for a flight. The last to leave ends it, so that nobody joins it any more, and is told so.
func (t *flights[K, V]) leave(f *flight[K, V]) (last bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f.waiting--
	if f.waiting > 0 {
		return false
	}
	t.vacate(f)
	f.abandon()
	return true
}

// wait takes in what the flights bring. When the context ends, the keys of those that have not landed fail.
func (p *trip[K, V]) wait(ctx context.Context, a *answer[V]) {
	if f := p.flight; f != nil {
		if p.landed(ctx, f, a) {
			a.calls = f.calls
			for i, j := range p.own {
				a.results[j] = f.results[i]
			}
		} else {
			for _, j := range p.own {
				a.results[j] = Result[V]{Err: context.Cause(ctx), State: Failed}
			}
		}
	}
	for f, connections := range p.joined {
		landed := p.landed(ctx, f, a)
		for _, c := range connections {
			a.origins[c.position] = Origin{From: FromFlight}
			if landed {
				a.results[c.position] = f.results[c.index]
			} else {
				a.results[c.position] = Result[V]{Err: context.Cause(ctx), State: Failed}
			}
		}
	}
}

// landed waits for a flight, and says whether it landed before the context ended.
func (p *trip[K, V]) landed(ctx context.Context, f *flight[K, V], a *answer[V]) bool {
	select {
	case <-f.done:
		a.failure = worse(a.failure, f.failure)
		return true
	case <-ctx.Done():
	}
	a.failure = worse(a.failure, context.Cause(ctx))
	if p.flights.leave(f) {
		<-f.done // The source is told, and nothing of it outlives its last waiter.
	}
	return false
}
