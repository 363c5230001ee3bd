package resultcache

import (
	"context"
	"time"

	"github.com/loaderline/loaderline/internal/loadcache"
	"github.com/loaderline/loaderline/stages"
)

// entry is what the store holds for one key.
type entry[K comparable, V any] struct {
	space   *space
	seq     uint64        // the stamp of its load
	born    time.Duration // since the Memory's start
	expires time.Duration // since the Memory's start
	key     K
	value   V
	state   stages.State
}

func (e *entry[K, V]) loadedAt() time.Duration { return e.born }

// Get calls hit, from this goroutine and before it returns, with the index and the result of each key that is
// kept, Loaded or Missing. due says that it is to be loaded anew. What the memory does not hold the tiers are asked for, each for what those before it do not hold, and
// what one of them holds is kept in those before it from then on. A Result's Tier is 1 for the memory and counts the tiers from 2.
//
// The stamp marks the moment before the first key was looked up: pass it to Set with what is then loaded for the other
// keys. The context is for the tiers. hit must not call Get on a view of the same Memory.
func (v *View[K, V]) Get(ctx context.Context, keys []K, hit func(i int, r stages.Result[V], due bool)) loadcache.Stamp {
	// Taken first: whatever is invalidated from here on outdates what the caller will load.
	stamp := v.stamp()
	if missed := v.getMemory(keys, hit); len(missed) > 0 {
		v.below.get(ctx, stamp, keys, missed, hit)
	}
	return stamp
}

// getMemory returns the positions to read from the tiers.
func (v *View[K, V]) getMemory(keys []K, hit hitFunc[V]) (missed []int32) {
	m := v.memory
	var hits, negative uint64
	m.reading.RLock()
	defer func() {
		m.reading.RUnlock()
		m.counts.hits.Add(hits)
		m.counts.negativeHits.Add(negative)
		m.counts.misses.Add(uint64(len(keys)) - hits)
	}()
	if m.closed.Load() {
		return nil
	}
	now := m.since()
	for i := range keys {
		e := v.lookup(keys[i])
		if e == nil || e.expires <= now {
			if v.below != nil {
				missed = append(missed, int32(i))
			}
			continue
		}
		hits++
		if e.state == stages.Missing {
			negative++
		}
		age, left := now-e.born, e.expires-now
		if v.cfg.RefreshAfter > 0 {
			left = min(left, v.dueAfter(e.expires-e.born)-age)
		}
		hit(i, stages.Result[V]{Value: e.value, State: e.state, Tier: 1, Age: age, Left: max(left, 0)}, left <= 0)
	}
	return missed
}

// GetStale calls hit with the values that are past their TTL by no more than StaleIfError and were not invalidated;
// Age is their age. Keys that are known to be missing are among them only with StaleMissing. The tiers are asked as by Get.
func (v *View[K, V]) GetStale(ctx context.Context, keys []K, hit func(i int, r stages.Result[V])) {
	if v.cfg.StaleIfError > 0 {
		v.getPast(ctx, keys, staleRead, hit)
	}
}

// GetExpired calls hit with the values, and the keys that are known to be missing, that are past their TTL and were not invalidated. It
// finds those that KeepExpired has kept. The tiers are asked as by Get.
func (v *View[K, V]) GetExpired(ctx context.Context, keys []K, hit func(i int, r stages.Result[V])) {
	if v.cfg.KeepExpired {
		v.getPast(ctx, keys, expiredRead, hit)
	}
}

// getPast finds entries that are past their time.
func (v *View[K, V]) getPast(ctx context.Context, keys []K, which readMode, hit func(i int, r stages.Result[V])) {
	stamp := v.stamp()
	if missed := v.getPastMemory(keys, which, hit); len(missed) > 0 {
		v.below.getPast(ctx, stamp, keys, missed, which, func(i int, r stages.Result[V], _ bool) { hit(i, r) })
	}
}

// getPastMemory returns the positions to read from the tiers.
func (v *View[K, V]) getPastMemory(keys []K, which readMode, hit func(int, stages.Result[V])) (missed []int32) {
	m := v.memory
	m.reading.RLock()
	defer m.reading.RUnlock()
	if m.closed.Load() {
		return nil
	}
	now := m.since()
	for i := range keys {
		switch e := v.lookup(keys[i]); {
		case e != nil && v.servable(which, e.state, e.expires-now):
			r := stages.Result[V]{Value: e.value, State: e.state, Stale: which == staleRead, Age: max(now-e.born, 1)}
			if which == expiredRead {
				r.Tier = 1
			}
			hit(i, r)
		case v.below != nil:
			missed = append(missed, int32(i))
		}
	}
	return missed
}

// readMode says which entries a read is for.
type readMode uint8

const (
	freshRead   readMode = iota // within their time
	staleRead                   // past it by no more than StaleIfError
	expiredRead                 // past it by any time
)

// servable reports whether a read is for an entry that has some time left, which is negative for one past its time.
func (v *View[K, V]) servable(which readMode, state stages.State, left time.Duration) bool {
	switch which {
	case staleRead:
		return v.staleable(state) && left+v.cfg.StaleIfError > 0
	case expiredRead:
		return v.cfg.KeepExpired
	default:
		return left > 0
	}
}

// lookup gives the key's entry, where it is this key's and not invalidated, also past its time. None of this is left to
// the store: it knows hashes only, sweeps late and deletes late.
func (v *View[K, V]) lookup(key K) *entry[K, V] {
	hash := v.hash(key)
	found, _ := v.memory.store.Get(hash)
	e, ok := found.(*entry[K, V])
	if !ok || e.space != v.space || e.key != key || v.memory.order.outdated(e.space, hash, e.seq) {
		return nil
	}
	return e
}

// dueAfter is the age at which an entry is to be loaded anew before the end of its life.
func (v *View[K, V]) dueAfter(life time.Duration) time.Duration {
	return time.Duration(v.cfg.RefreshAfter * float64(life))
}
