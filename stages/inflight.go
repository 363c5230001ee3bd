package stages

import (
	"context"
	"math"
	"slices"
	"sync"

	"github.com/loaderline/loaderline/internal/loadcache"
)

// inflight has the loads of one loader that are in flight, by key. A key is loaded once at a time, whichever run asks for it.
//
// A run reads the cache and then joins loads. A load that finishes between the two is in neither: the run has read the cache
// too early to see its results. So a finished load lingers in entries until every read of the cache that began before it
// finished has ended.
type inflight[K comparable, V any] struct {
	mu      sync.Mutex
	entries map[K]entry[K, V]
	// finished is the number of loads that have finished. Each has cached its results before.
	finished uint64
	// readers has, for each read of the cache in progress, the value of finished when it began, in increasing order.
	readers []uint64
	// lingering are the finished loads that are still in entries, in the order in which they finished.
	lingering []*load[K, V]
	// open is the load that takes more keys, because its first call has not been admitted yet.
	open *load[K, V]
}

// entry says which load has a key, and where.
type entry[K comparable, V any] struct {
	load  *load[K, V]
	index int32 // in load.keys
}

// load is one bulk load, for one or several runs. Its context is its own: it ends when no run waits for the load.
type load[K comparable, V any] struct {
	keys  []K // guarded by inflight.mu until the load starts
	since loadcache.Stamp
	// background marks a refresh. Its failure does not fail the runs that joined it.
	background bool
	waiting    int // the runs that wait for it, guarded by inflight.mu
	ctx        context.Context
	cancel     context.CancelFunc

	done    chan struct{} // closed when the fields below are final
	number  uint64        // the load's number among the finished ones, 0 before; guarded by inflight.mu
	results []Result[V]
	calls   callStats
	failure error
}

// joinRequest is what a run wants loaded.
type joinRequest[K comparable] struct {
	keys     []K
	outdated func(K, loadcache.Stamp) bool
	// cached reports whether look reads a cache.
	cached bool
	// maxKeys is the most keys of a load that more than one run gives keys.
	maxKeys int
	// background marks a refresh. It leaves keys that are in flight to their loads.
	background bool
}

// neverRead is the number of a reader that no finished load is new for.
const neverRead = math.MaxUint64

// join calls look, which returns the positions of the keys that it could not settle, and finds a load for each of them: one
// in flight, one that finished since look was called, the open one, or a new one. It returns nil if look leaves no key.
//
// A load that began before a key was invalidated may bring the old value, so join does not use it for that key.
func (t *inflight[K, V]) join(ctx context.Context, r joinRequest[K], look func() (at []int32, since loadcache.Stamp)) *wait[K, V] {
	reader := uint64(neverRead)
	if r.cached {
		reader = t.beginRead()
		defer t.endRead(reader)
	}
	at, since := look()
	if len(at) == 0 {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	w := &wait[K, V]{inflight: t}
	for _, j := range at {
		e, ok := t.entries[r.keys[j]]
		switch {
		case !ok || !e.usable(reader) || r.outdated(r.keys[j], e.load.since):
			w.own = append(w.own, j)
		case !r.background:
			w.join(j, e)
		}
	}
	if len(w.own) == 0 {
		return w
	}
	if w.load = t.open; !t.openTakes(r, w.own) {
		w.load, w.created = t.create(ctx, since, r.background), true
	}
	w.load.waiting++
	w.first = t.add(w.load, r.keys, w.own)
	return w
}

// usable reports whether a load can settle the entry's key for a reader. A finished load can if it finished after the reader
// began, and loaded what the cache keeps.
func (e entry[K, V]) usable(reader uint64) bool {
	if e.load.number == 0 {
		return true
	}
	r := &e.load.results[e.index]
	return e.load.number > reader && r.State != Failed && !r.Stale
}

// openTakes reports whether the open load can take the keys at some positions: one larger call beats several queued ones.
// t.mu is held.
func (t *inflight[K, V]) openTakes(r joinRequest[K], at []int32) bool {
	l := t.open
	return l != nil && !r.background && len(l.keys)+len(at) <= r.maxKeys &&
		!slices.ContainsFunc(at, func(j int32) bool { return r.outdated(r.keys[j], l.since) })
}

// create makes a load whose context has the values of ctx and another end. A refresh is never open to others. t.mu is
// held.
func (t *inflight[K, V]) create(ctx context.Context, since loadcache.Stamp, background bool) *load[K, V] {
	l := &load[K, V]{since: since, background: background, done: make(chan struct{})}
	l.ctx, l.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if !background {
		t.open = l
	}
	return l
}

// add gives a load the keys at some positions, and returns the index of the first of them. t.mu is held.
func (t *inflight[K, V]) add(l *load[K, V], keys []K, at []int32) (first int) {
	if t.entries == nil {
		t.entries = map[K]entry[K, V]{}
	}
	first = len(l.keys)
	l.keys = slices.Grow(l.keys, len(at))
	for _, j := range at {
		t.entries[keys[j]] = entry[K, V]{load: l, index: int32(len(l.keys))}
		l.keys = append(l.keys, keys[j])
	}
	return first
}

// start ends the time in which a load takes keys. Its first call may begin.
func (t *inflight[K, V]) start(l *load[K, V]) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.close(l)
	l.results = make([]Result[V], len(l.keys))
}

// close ends that a load is open. t.mu is held.
func (t *inflight[K, V]) close(l *load[K, V]) {
	if t.open == l {
		t.open = nil
	}
}

// finish ends a load whose results are cached.
func (t *inflight[K, V]) finish(l *load[K, V]) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.finished++
	l.number = t.finished
	if len(t.readers) > 0 {
		t.lingering = append(t.lingering, l)
	} else {
		t.remove(l)
	}
	l.cancel()
	close(l.done)
}

// leave ends that a run waits for a load. The last run to leave cancels the load, and no other run joins it.
func (t *inflight[K, V]) leave(l *load[K, V]) (last bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l.waiting--
	if l.waiting > 0 {
		return false
	}
	t.close(l)
	t.remove(l)
	l.cancel()
	return true
}

// remove drops a load's entries, unless a later load has replaced them. t.mu is held.
func (t *inflight[K, V]) remove(l *load[K, V]) {
	for _, k := range l.keys {
		if t.entries[k].load == l {
			delete(t.entries, k)
		}
	}
}

func (t *inflight[K, V]) beginRead() (reader uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.readers = append(t.readers, t.finished)
	return t.finished
}

// endRead ends a read of the cache, and removes the loads that no other read can have missed.
func (t *inflight[K, V]) endRead(reader uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.Index(t.readers, reader)
	t.readers = slices.Delete(t.readers, i, i+1)
	earliest := t.finished
	if len(t.readers) > 0 {
		earliest = t.readers[0]
	}
	for len(t.lingering) > 0 && t.lingering[0].number <= earliest {
		t.remove(t.lingering[0])
		t.lingering = slices.Delete(t.lingering, 0, 1)
	}
}
