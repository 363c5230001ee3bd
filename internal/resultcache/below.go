package resultcache

import (
	"context"
	"time"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/loadcache"
	"github.com/loaderline/loaderline/stages"
)

// below is one loader's part of the tiers under a Memory.
//
// The order of things is what keeps an invalidated value out of them. An invalidation raises the keys' slots, takes
// space.tiers for itself, removes the keys from every tier, raises the slots again and lets go. So
//
//   - what is written into a tier is checked against the slots and written under a shared hold of space.tiers: it is either
//     there before the removal, or refused;
//   - what was read from a tier before the removal has a stamp from before the second raise, and is refused by the memory
//     and by the faster tiers;
//   - the memory, which has the slots alone, is right from the first raise on and waits for no tier.
type below[K comparable, V any] struct {
	view   *View[K, V]
	codec  Codec[K, V]
	name   string // of the space in the tiers
	levels []*level
}

// hitFunc is told of a key that was found, by its position.
type hitFunc[V any] = func(i int, r stages.Result[V], due bool)

// get looks for the keys at some positions that are within their time.
func (b *below[K, V]) get(ctx context.Context, stamp loadcache.Stamp, keys []K, at []int32, hit hitFunc[V]) {
	for n := 0; n < len(b.levels) && len(at) > 0 && ctx.Err() == nil; n++ {
		asked := len(at)
		at = b.read(ctx, stamp, keys, at, n, freshRead, hit)
		b.levels[n].hits.Add(uint64(asked - len(at)))
		b.levels[n].misses.Add(uint64(len(at)))
	}
}

// getPast looks for the keys at some positions that are past their time.
func (b *below[K, V]) getPast(ctx context.Context, stamp loadcache.Stamp, keys []K, at []int32, which readMode, hit hitFunc[V]) {
	for n := 0; n < len(b.levels) && len(at) > 0 && ctx.Err() == nil; n++ {
		at = b.read(ctx, stamp, keys, at, n, which, hit)
	}
}

// read reads one level, moves the entries that it holds up, and returns the positions that it does not hold.
func (b *below[K, V]) read(ctx context.Context, stamp loadcache.Stamp, keys []K, at []int32, n int, which readMode, hit hitFunc[V]) (rest []int32) {
	names := make([]string, len(at))
	for i, j := range at {
		names[i] = b.codec.Key(keys[j])
	}
	all := b.levels[n].get(ctx, b.name, names)
	var (
		has   = make([]bool, len(at))
		items = make([]item, 0, min(len(all), chunk))
		up    = b.batch(stamp, len(all))
		since = b.view.memory.since()
		now   = time.Now()
	)
	for i := range all {
		f := &all[i]
		l, ok := b.usable(&f.entry, now, which)
		if !ok || has[f.at] {
			continue
		}
		r, ok := b.decode(&f.entry)
		if !ok {
			b.levels[n].unreadable.Add(1)
			continue
		}
		has[f.at] = true
		j := at[f.at]
		r.Age = l.age
		l.now = since
		it := b.view.item(stamp, keys[j], r, l)
		it.found = true
		items = append(items, it)
		if len(items) == chunk {
			b.view.memory.install(items)
			items = items[:0]
		}
		if n > 0 {
			up.add(names[f.at], it.hash, f.entry)
		}
		due := false
		if which == staleRead {
			r.Stale, r.Age = true, max(l.age, 1)
		} else {
			r.Tier = uint8(n + 2)
			due = which == freshRead && b.view.cfg.RefreshAfter > 0 && l.age >= b.view.dueAfter(f.entry.Expires.Sub(f.entry.Born))
		}
		hit(int(j), r, due)
	}
	if len(items) > 0 {
		b.view.memory.install(items)
	}
	b.set(ctx, up, b.levels[:n])
	rest = make([]int32, 0, len(at)-len(all))
	for i, j := range at {
		if !has[i] {
			rest = append(rest, j)
		}
	}
	return rest
}

// usable reports whether an entry can be served, and what is left of its life. A time to live that is shorter by now than
// when the entry was made counts, and so a clock that was wrong then does no lasting harm.
func (b *below[K, V]) usable(e *cachetier.Entry, now time.Time, which readMode) (life, bool) {
	l := life{age: age(e, now), ttl: min(e.Expires.Sub(now), b.view.ttl(e.State))}
	return l, b.view.servable(which, e.State, l.ttl)
}

func (b *below[K, V]) decode(e *cachetier.Entry) (stages.Result[V], bool) {
	r := stages.Result[V]{State: e.State}
	if e.State == stages.Missing {
		return r, true
	}
	var err error
	r.Value, err = b.codec.Decode(e.Value)
	return r, err == nil
}
