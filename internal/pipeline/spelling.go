package pipeline

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/loadcache"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// spreads says which changed keys may have other spellings in the cache of a stage; nil if none ever has. A stage with a change
// topic caches only regular keys, if there are any.
func (c *compiler) spreads(n *node) func(lookup.Key) bool {
	l, ok := n.answers.lookup.(lookupext.Speller)
	if !ok {
		return nil
	}
	regularOnly := c.hasChanges(n)
	return func(k lookup.Key) bool {
		switch l.Spelling() {
		case lookupext.OneSpelling:
			return false
		case lookupext.RegularSpelling:
			return !regularOnly || !l.Regular(k)
		default:
			return true
		}
	}
}

// keeps says which keys of a stage are cached; nil means all. An invalidation names a key that the source has checked. If the stage
// has change topics, this key is regular.
func (c *compiler) keeps(n *node) func(lookup.Key) bool {
	l, ok := n.answers.lookup.(lookupext.Speller)
	switch {
	case ok && c.hasChanges(n):
		return func(k lookup.Key) bool {
			return !lookupkey.IsUnchecked(k) && (l.Spelling() != lookupext.RegularSpelling || l.Regular(k))
		}
	case ok || asLearner(n.answers.lookup) != nil:
		return func(k lookup.Key) bool { return !lookupkey.IsUnchecked(k) }
	default:
		return nil
	}
}

// hasChanges says that a change topic is about a stage, or about another stage that shares its cache entries.
func (c *compiler) hasChanges(n *node) bool {
	for _, change := range c.layout.changes {
		for _, other := range c.nodes {
			if other.answers == n.answers && slices.Contains(change.Stages, other.Name) {
				return true
			}
		}
	}
	return false
}

// keptKeys is a cache of some keys only. A change of any key may outdate a load of another key, so nobody shares such a load.
type keptKeys struct {
	view  *resultcache.View[lookup.Key, *jsonenrich.Fragment]
	keeps func(lookup.Key) bool
	// learned counts what the source has learned about its key; nil if it learns nothing. seen is the count when the cache was
	// filled.
	learned func() (int, bool)
	seen    atomic.Int64
}

// keptKeys is the cache of a stage that does not keep all keys.
func (c *compiler) keptKeys(n *node) *keptKeys {
	kept := &keptKeys{view: n.answers.cache, keeps: n.answers.keeps}
	if l, ok := n.answers.lookup.(lookupext.Learner); ok {
		kept.learned = l.Learned
		now, _ := l.Learned()
		kept.seen.Store(int64(now))
	}
	return kept
}

// follow forgets everything if the source now compares keys in another way: an invalidation might not name the cached keys.
func (c *keptKeys) follow(ctx context.Context) {
	if c.learned == nil {
		return
	}
	now, _ := c.learned()
	if seen := c.seen.Load(); int64(now) != seen && c.seen.CompareAndSwap(seen, int64(now)) {
		c.view.InvalidateAll(ctx)
	}
}

// Get gets the keys that are kept.
func (c *keptKeys) Get(ctx context.Context, keys []lookup.Key, hit func(int, stages.Result[*jsonenrich.Fragment], bool)) loadcache.Stamp {
	c.follow(ctx)
	some, at := c.some(keys)
	if at == nil {
		return c.view.Get(ctx, keys, hit)
	}
	return c.view.Get(ctx, some, func(i int, r stages.Result[*jsonenrich.Fragment], due bool) { hit(at[i], r, due) })
}

// GetStale gets the keys that are kept.
func (c *keptKeys) GetStale(ctx context.Context, keys []lookup.Key, hit func(int, stages.Result[*jsonenrich.Fragment])) {
	c.follow(ctx)
	some, at := c.some(keys)
	if at == nil {
		c.view.GetStale(ctx, keys, hit)
		return
	}
	c.view.GetStale(ctx, some, func(i int, r stages.Result[*jsonenrich.Fragment]) { hit(at[i], r) })
}

// GetExpired gets the keys that are kept.
func (c *keptKeys) GetExpired(ctx context.Context, keys []lookup.Key, hit func(int, stages.Result[*jsonenrich.Fragment])) {
	c.follow(ctx)
	some, at := c.some(keys)
	if at == nil {
		c.view.GetExpired(ctx, keys, hit)
		return
	}
	c.view.GetExpired(ctx, some, func(i int, r stages.Result[*jsonenrich.Fragment]) { hit(at[i], r) })
}

// Set keeps results, as loadcache.Cache says.
func (c *keptKeys) Set(ctx context.Context, since loadcache.Stamp, keys []lookup.Key, results []stages.Result[*jsonenrich.Fragment]) {
	c.follow(ctx)
	some, at := c.some(keys)
	if at == nil {
		c.view.Set(ctx, since, keys, results)
		return
	}
	kept := make([]stages.Result[*jsonenrich.Fragment], len(at))
	for i, j := range at {
		kept[i] = results[j]
	}
	c.view.Set(ctx, since, some, kept)
}

// Outdated is true for every key that is not kept.
func (c *keptKeys) Outdated(key lookup.Key, since loadcache.Stamp) bool {
	return !c.keeps(key) || c.view.Outdated(key, since)
}

// Left is for how long at least a result that is loaded now is kept.
func (c *keptKeys) Left(r stages.Result[*jsonenrich.Fragment]) time.Duration { return c.view.Left(r) }

// some are the keys that are kept, and their positions; nil: all are.
func (c *keptKeys) some(keys []lookup.Key) (some []lookup.Key, at []int) {
	if !slices.ContainsFunc(keys, func(k lookup.Key) bool { return !c.keeps(k) }) {
		return keys, nil
	}
	some, at = make([]lookup.Key, 0, len(keys)), make([]int, 0, len(keys))
	for i, k := range keys {
		if c.keeps(k) {
			some, at = append(some, k), append(at, i)
		}
	}
	return some, at
}
