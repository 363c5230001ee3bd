package resultcache

import (
	"context"
	"math"
	"math/rand/v2"
	"time"

	"github.com/loaderline/loaderline/internal/loadcache"
	"github.com/loaderline/loaderline/stages"
)

// Set keeps the Loaded and the Missing among results, but no stale ones, which belong to keys by position, and returns
// when they can be read. A key that was invalidated after the stamp was taken is left out: the load may have read the
// old value. Keys should be distinct; of equal ones the last is kept. Values are shared with every reader and must not
// change any more. The context is for the tiers.
func (v *View[K, V]) Set(ctx context.Context, since loadcache.Stamp, keys []K, results []stages.Result[V]) {
	items := make([]item, 0, min(len(keys), chunk))
	w := v.below.batch(since, len(keys))
	now := v.memory.since()
	took := time.Duration(0) // What was loaded may be as old as the beginning of the load.
	if !since.Taken.IsZero() {
		took = max(time.Since(since.Taken), 0)
	}
	for i := range keys {
		r := results[i]
		ttl := v.ttl(r.State)
		if ttl <= 0 || r.Stale {
			continue
		}
		if r.State == stages.Missing {
			var none V
			r.Value = none
		}
		it := v.item(since, keys[i], r, life{now: now, age: took, ttl: v.jittered(ttl)})
		items = append(items, it)
		if w != nil {
			w.encode(keys[i], r, it)
		}
		if len(items) == chunk {
			v.memory.install(items)
			items = items[:0]
		}
	}
	if len(items) > 0 {
		v.memory.install(items)
	}
	if w != nil {
		v.below.set(ctx, w, v.below.levels)
	}
}

// ttl is how long a result of this state is kept, before jitter; 0 or less is not at all.
func (v *View[K, V]) ttl(state stages.State) time.Duration {
	switch state {
	case stages.Loaded:
		return v.cfg.TTL
	case stages.Missing:
		if v.cfg.StaleIfError > 0 || v.cfg.RefreshAfter > 0 || v.cfg.KeepExpired {
			return max(v.cfg.NegativeTTL, 1) // It takes the place of a value that would still be served.
		}
		return v.cfg.NegativeTTL
	default:
		return 0
	}
}

// jittered is never 0, which ristretto takes for "does not expire".
func (v *View[K, V]) jittered(ttl time.Duration) time.Duration {
	if v.cfg.Jitter > 0 {
		ttl -= time.Duration(rand.Float64() * v.cfg.Jitter * float64(ttl))
	}
	return max(ttl, 1)
}

// life is when an entry was loaded and how long it is good: from now for ttl, which is negative for what is stale.
type life struct{ now, age, ttl time.Duration }

func (v *View[K, V]) item(since loadcache.Stamp, key K, r stages.Result[V], l life) item {
	hash := v.hash(key)
	key = v.clone(key)
	return item{
		entry: &entry[K, V]{
			space: v.space, seq: since.Seq, born: l.now - l.age, expires: l.now + min(l.ttl, math.MaxInt64-l.now),
			key: key, value: r.Value, state: r.State,
		},
		space: v.space,
		hash:  hash,
		seq:   since.Seq,
		cost:  v.fixed + max(v.cfg.Cost(key, r.Value), 0),
		life:  l,
		kept:  v.kept(r.State, l.ttl),
	}
}

// staleable reports whether a result in this state may be served past its time.
func (v *View[K, V]) staleable(state stages.State) bool {
	return v.cfg.StaleIfError > 0 && (state == stages.Loaded || v.cfg.StaleMissing)
}

// expiredTime is how long an entry is kept past its time for GetExpired.
const expiredTime = 10 * 365 * 24 * time.Hour

// kept is how long the store keeps an entry that is good for ttl.
func (v *View[K, V]) kept(state stages.State, ttl time.Duration) time.Duration {
	var longer time.Duration
	if v.staleable(state) {
		longer = v.cfg.StaleIfError
	}
	if v.cfg.KeepExpired {
		longer = max(longer, expiredTime)
	}
	return ttl + min(longer, math.MaxInt64-max(ttl, 0))
}
