package resultcache

import (
	"context"

	"github.com/loaderline/loaderline/internal/cachetier"
)

// Invalidations counts the invalidations of all views that have taken effect in memory. While it stays the same, Get returns
// what it returned before, except for entries that have expired or were loaded again.
func (m *Memory) Invalidations() uint64 { return m.order.left.Load() }

// Invalidate makes Get miss the keys until they are loaded again: in memory at once, and in the tiers when it returns, even if
// ctx has ended. Loads in progress are not kept.
func (v *View[K, V]) Invalidate(ctx context.Context, keys ...K) {
	v.memory.counts.invalidations.Add(1)
	hashes := make([]uint64, len(keys))
	for i, key := range keys {
		hashes[i] = v.hash(key)
	}
	raise := func() { v.memory.order.invalidate(hashes) }
	raise()
	if v.below == nil {
		return
	}
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = v.below.codec.Key(key)
	}
	v.below.remove(raise, func(t cachetier.Tier) { t.Invalidate(ctx, v.below.name, names) })
}

// InvalidateAll does to all keys of the loader's version what Invalidate does to some. Their bytes in memory are given
// back when they expire or when room is needed.
func (v *View[K, V]) InvalidateAll(ctx context.Context) {
	v.memory.counts.invalidations.Add(1)
	raise := func() { v.memory.order.invalidateAll(v.space) }
	raise()
	if v.below != nil {
		v.below.remove(raise, func(t cachetier.Tier) { t.InvalidateAll(ctx, v.below.name) })
	}
}

// remove removes keys from every tier, and raises their slots before anything is written there again.
func (b *below[K, V]) remove(raise func(), from func(cachetier.Tier)) {
	b.view.space.tiers.Lock()
	defer b.view.space.tiers.Unlock()
	for _, l := range b.levels {
		from(l.tier)
	}
	raise()
}
