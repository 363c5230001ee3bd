package stages

import (
	"context"
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
	// gate is the flight that waits for a call to be admitted, and takes more keys until then.
	gate *flight[K, V]
}

// seat is a key's place in a flight.
type seat[K comparable, V any] struct {
	flight *flight[K, V]
	index  int32
}

// flight is one bulk load, for one or several trips. Its context is its own: it ends when nobody waits any more, and by nobody else's leaving.
type flight[K comparable, V any] struct {
	keys  []K // guarded by flights.mu until it departs
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

// open makes a flight, with the values of ctx and an end of its own. t.mu is held.
func (t *flights[K, V]) open(ctx context.Context, b boarding[K]) *flight[K, V] {
	f := &flight[K, V]{since: b.since, background: b.background, done: make(chan struct{})}
	f.ctx, f.abandon = context.WithCancel(context.WithoutCancel(ctx))
	if !b.background { // Its failures are nobody's but its own.
		t.gate = f
	}
	return f
}

// seat gives the keys at some positions seats in a flight that has not departed, from the one that it answers on. t.mu is held.
func (t *flights[K, V]) seat(f *flight[K, V], keys []K, at []int32) (first int) {
	if t.seats == nil {
		t.seats = map[K]seat[K, V]{}
	}
	first = len(f.keys)
	f.keys = slices.Grow(f.keys, len(at))
	for _, j := range at {
		t.seats[keys[j]] = seat[K, V]{flight: f, index: int32(len(f.keys))}
		f.keys = append(f.keys, keys[j])
	}
	return first
}

// depart ends the boarding of a flight, whose call may begin.
func (t *flights[K, V]) depart(f *flight[K, V]) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.close(f)
	f.results = make([]Result[V], len(f.keys))
}

// close takes a flight from the gate. t.mu is held.
func (t *flights[K, V]) close(f *flight[K, V]) {
	if t.gate == f {
		t.gate = nil
	}
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
	t.close(f)
	t.vacate(f)
	f.abandon()
	return true
}
