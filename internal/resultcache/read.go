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
	if v.cfg.StaleIfError <= 0 {
		return
	}
	stamp := v.stamp()
	if missed := v.getStaleMemory(keys, hit); len(missed) > 0 {
		v.below.getStale(ctx, stamp, keys, missed, func(i int, r stages.Result[V], _ bool) { hit(i, r) })
	}
}

// getStaleMemory returns the positions to read from the tiers.
func (v *View[K, V]) getStaleMemory(keys []K, hit func(int, stages.Result[V])) (missed []int32) {
	m := v.memory
	m.reading.RLock()
	defer m.reading.RUnlock()
	if m.closed.Load() {
		return nil
	}
	now := m.since()
	for i := range keys {
		switch e := v.lookup(keys[i]); {
		case e != nil && v.staleable(e.state) && now-e.expires < v.cfg.StaleIfError:
			hit(i, stages.Result[V]{Value: e.value, State: e.state, Stale: true, Age: max(now-e.born, 1)})
		case v.below != nil:
			missed = append(missed, int32(i))
		}
	}
	return missed
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
