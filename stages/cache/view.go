package cache

import (
	"context"
	"hash/maphash"
	"math"
	"math/rand/v2"
	"reflect"
	"time"
	"unsafe"

	"github.com/loaderline/loaderline/stages"
)

const defaultJitter = 0.1

// storeBytes is what ristretto takes for an entry beside the entry itself: its places in the maps of values, costs
// and expiries. The maps grow in steps: 205 to 285 bytes were measured in full caches.
const storeBytes = 272

// ViewConfig configures a View.
type ViewConfig[K comparable, V any] struct {
	// Loader is the loader's name. Views of one Memory with the same Loader, Version, K and V share their entries.
	Loader string
	// Version tells apart what one loader loads before and after its query, or the type of its values, has changed.
	Version string
	// TTL is how long a loaded value is kept. Zero or less keeps none.
	TTL time.Duration
	// NegativeTTL is how long it is kept that a key is missing. Zero or less does not keep it.
	NegativeTTL time.Duration
	// StaleIfError is how long beyond its TTL a loaded value is kept, for when the source fails. Zero or less keeps none.
	StaleIfError time.Duration
	// StaleMissing says that a key without a value is kept so as well: for loaders where that is an answer like any
	// other, such as a list without elements.
	StaleMissing bool
	// Jitter is the share of its time to live by which an entry is shortened at most, chosen at random for each, so
	// that what was loaded together does not expire together. At most 1; negative is none. Defaults to 0.1.
	Jitter float64
	// Cost is the number of bytes that a key and a value hold elsewhere than in K and V themselves: the bytes of
	// strings and slices, what pointers lead to. A missing key's value is V's zero. It may be called concurrently.
	// Defaults to a walk through both; write one where values share memory or the walk is too slow.
	Cost func(K, V) int64
	// Clone gives the key that is kept, for keys that would otherwise hold on to a larger buffer. It may be called
	// concurrently. Defaults to strings.Clone where K is string, and to the key itself elsewhere.
	Clone func(K) K
}

func (cfg ViewConfig[K, V]) withDefaults() ViewConfig[K, V] {
	if cfg.Jitter == 0 {
		cfg.Jitter = defaultJitter
	}
	cfg.Jitter = min(max(cfg.Jitter, 0), 1)
	if cfg.Cost == nil {
		cfg.Cost = heapBytes[K, V]()
	}
	if cfg.Clone == nil {
		cfg.Clone = cloneKey[K]()
	}
	return cfg
}

// View is the cache of one loader in a Memory. It is safe for concurrent use, and made by For.
type View[K comparable, V any] struct {
	memory *Memory
	space  *space
	cfg    ViewConfig[K, V]
	fixed  int64 // what an entry costs without its key's and value's bytes
}

// entry is what the store holds for one key.
type entry[K comparable, V any] struct {
	space   *space
	stamp   stages.Stamp  // when its load began
	born    time.Duration // since the Memory's start
	expires time.Duration // since the Memory's start
	key     K
	value   V
	state   stages.State
}

var _ stages.Cache[int, int] = (*View[int, int])(nil)

// For is the view of m for one loader. It may be called again for the same loader, and is closed with m.
func For[K comparable, V any](m *Memory, cfg ViewConfig[K, V]) *View[K, V] {
	id := spaceID{loader: cfg.Loader, version: cfg.Version, key: reflect.TypeFor[K](), value: reflect.TypeFor[V]()}
	return &View[K, V]{
		memory: m,
		space:  m.spaces.get(id),
		cfg:    cfg.withDefaults(),
		fixed:  storeBytes + allocated(int64(unsafe.Sizeof(entry[K, V]{}))),
	}
}

// Get calls hit, from this goroutine and before it returns, with the index and the result of each key that is kept,
// Loaded or Missing. The stamp marks the moment before the first key was looked up: pass it to Set with what is then
// loaded for the other keys. The context is not used. hit must not call Get on a view of the same Memory.
func (v *View[K, V]) Get(_ context.Context, keys []K, hit func(i int, r stages.Result[V])) stages.Stamp {
	m := v.memory
	// Taken first: whatever is invalidated from here on outdates what the caller will load.
	stamp := stages.Stamp(m.order.now())
	var hits, negative uint64
	m.reading.RLock()
	defer func() {
		m.reading.RUnlock()
		m.counts.hits.Add(hits)
		m.counts.negativeHits.Add(negative)
		m.counts.misses.Add(uint64(len(keys)) - hits)
	}()
	if m.closed.Load() {
		return stamp
	}
	now := m.since()
	for i := range keys {
		e := v.lookup(keys[i])
		if e == nil || e.expires <= now {
			continue
		}
		hits++
		if e.state == stages.Missing {
			negative++
		}
		hit(i, stages.Result[V]{Value: e.value, State: e.state})
	}
	return stamp
}

// GetStale calls hit with the values that are past their TTL by no more than StaleIfError and were not invalidated;
// Stale is their age. Keys that are known to be missing are among them only with StaleMissing.
func (v *View[K, V]) GetStale(_ context.Context, keys []K, hit func(i int, r stages.Result[V])) {
	m := v.memory
	if v.cfg.StaleIfError <= 0 {
		return
	}
	m.reading.RLock()
	defer m.reading.RUnlock()
	if m.closed.Load() {
		return
	}
	now := m.since()
	for i := range keys {
		e := v.lookup(keys[i])
		if e != nil && v.staleable(e.state) && now-e.expires < v.cfg.StaleIfError {
			hit(i, stages.Result[V]{Value: e.value, State: e.state, Stale: max(now-e.born, 1)})
		}
	}
}

// lookup gives the key's entry, where it is this key's and not invalidated, also past its time. None of this is left to
// the store: it knows hashes only, sweeps late and deletes late.
func (v *View[K, V]) lookup(key K) *entry[K, V] {
	hash := v.hash(key)
	found, _ := v.memory.store.Get(hash)
	e, ok := found.(*entry[K, V])
	if !ok || e.space != v.space || e.key != key || v.memory.order.outdated(e.space, hash, e.stamp) {
		return nil
	}
	return e
}

// Set keeps the Loaded and the Missing among results, but no stale ones, which belong to keys by position, and returns when they can be
// read. A key that was invalidated after the stamp was taken is left out: the load may have read the old value. Keys
// should be distinct; of equal ones the last is kept. Values are shared with every reader and must not change any
// more. The context is not used.
func (v *View[K, V]) Set(_ context.Context, since stages.Stamp, keys []K, results []stages.Result[V]) {
	items := make([]item, 0, min(len(keys), chunk))
	for i := range keys {
		ttl := v.ttl(results[i].State)
		if ttl <= 0 || results[i].Stale > 0 {
			continue
		}
		items = append(items, v.item(since, keys[i], results[i], ttl))
		if len(items) == chunk {
			v.memory.install(items)
			items = items[:0]
		}
	}
	if len(items) > 0 {
		v.memory.install(items)
	}
}

// Outdated says whether a key was invalidated after the stamp was taken.
func (v *View[K, V]) Outdated(key K, since stages.Stamp) bool {
	return v.memory.order.outdated(v.space, v.hash(key), since)
}

// Invalidate makes Get miss the keys until they are loaded anew. What is loading now will not be kept.
func (v *View[K, V]) Invalidate(keys ...K) {
	hashes := make([]uint64, len(keys))
	for i, key := range keys {
		hashes[i] = v.hash(key)
	}
	v.memory.order.invalidate(hashes)
}

// InvalidateAll does to all keys of the loader's version what Invalidate does to some. Their bytes are given back
// when they expire or when room is needed.
func (v *View[K, V]) InvalidateAll() { v.memory.order.invalidateAll(v.space) }

func (v *View[K, V]) hash(key K) uint64 { return maphash.Comparable(v.space.seed, key) }

// ttl is how long a result of this state is kept, before jitter; 0 or less is not at all.
func (v *View[K, V]) ttl(state stages.State) time.Duration {
	switch state {
	case stages.Loaded:
		return v.cfg.TTL
	case stages.Missing:
		if v.cfg.StaleIfError > 0 {
			return max(v.cfg.NegativeTTL, 1) // It takes the place of a stale value.
		}
		return v.cfg.NegativeTTL
	default:
		return 0
	}
}

func (v *View[K, V]) item(since stages.Stamp, key K, r stages.Result[V], ttl time.Duration) item {
	if v.cfg.Jitter > 0 {
		ttl -= time.Duration(rand.Float64() * v.cfg.Jitter * float64(ttl))
	}
	// Never 0, which ristretto takes for "does not expire".
	ttl = max(ttl, 1)
	if r.State == stages.Missing {
		var none V
		r.Value = none
	}
	now := v.memory.since()
	hash := v.hash(key)
	key = v.cfg.Clone(key)
	return item{
		entry: &entry[K, V]{
			space: v.space, stamp: since, born: now, expires: now + min(ttl, math.MaxInt64-now),
			key: key, value: r.Value, state: r.State,
		},
		space: v.space,
		hash:  hash,
		stamp: since,
		cost:  v.fixed + max(v.cfg.Cost(key, r.Value), 0),
		ttl:   v.kept(r.State, ttl),
	}
}

// staleable says whether a result in this state may be served past its time.
func (v *View[K, V]) staleable(state stages.State) bool {
	return v.cfg.StaleIfError > 0 && (state == stages.Loaded || v.cfg.StaleMissing)
}

// kept is how long the store keeps an entry that is good for ttl.
func (v *View[K, V]) kept(state stages.State, ttl time.Duration) time.Duration {
	if !v.staleable(state) {
		return ttl
	}
	return ttl + min(v.cfg.StaleIfError, math.MaxInt64-ttl)
}
