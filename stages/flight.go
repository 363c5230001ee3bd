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
	keys  []K
	since Stamp
	// background says that it is a refresh: its failure is not that of those who join it.
	background bool
	waiting    int             // guarded by flights.mu
	ctx        context.Context // ended by abandon
	abandon    context.CancelFunc

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

// boarding is what seats are taken for: the keys at some positions, which the cache does not hold.
type boarding[K comparable] struct {
	keys     []K
	at       []int32
	since    Stamp
	outdated func(K, Stamp) bool
	asked    uint64 // what ask answered
	// background is for a refresh: keys that somebody else loads are left to them.
	background bool
}

// board takes a seat for each key: in a flight that is under way or has landed since the cache was asked, or in a new
// one. A flight that began before its key was invalidated may bring the old value, and is not joined.
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
	if len(p.own) > 0 {
		p.flight = t.open(ctx, b, p.own)
	}
	return p
}

// good says whether a seat is of use to a load that asked the cache at some number of landings. A flight that has landed
// is of use for what it brought, and only where the cache may have been asked too early for that.
func (s seat[K, V]) good(asked uint64) bool {
	f := s.flight
	if f.landing == 0 {
		return true
	}
	r := &f.results[s.index]
	return f.landing > asked && r.State != Failed && r.Stale == 0
}

// open makes a flight for the keys at some positions, with the values of ctx and an end of its own. t.mu is held.
func (t *flights[K, V]) open(ctx context.Context, b boarding[K], at []int32) *flight[K, V] {
	f := &flight[K, V]{
		keys: pick(b.keys, at), since: b.since, background: b.background,
		waiting: 1, done: make(chan struct{}), results: make([]Result[V], len(at)),
	}
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

// wait takes in what the flights bring. When the context ends, the keys of those that have not landed fail. It answers the
// positions of keys that a refresh has failed to bring: they are to be loaded as if it had never been.
func (p *trip[K, V]) wait(ctx context.Context, a *answer[V]) (again []int32) {
	if f := p.flight; f != nil {
		if p.landed(ctx, f, a) {
			a.failure = worse(a.failure, f.failure)
			a.calls.add(f.calls)
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
		if landed && !f.background {
			a.failure = worse(a.failure, f.failure)
		}
		for _, c := range connections {
			switch r := &f.results[c.index]; {
			case !landed:
				a.results[c.position], a.origins[c.position] = Result[V]{Err: context.Cause(ctx), State: Failed}, Origin{From: FromFlight}
			case f.background && r.State == Failed:
				again = append(again, c.position)
			default:
				a.results[c.position], a.origins[c.position] = *r, Origin{From: FromFlight}
			}
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
