package pipeline

import (
	"context"
	"slices"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/sqllookup"
)

// speller is a lookup whose source may take keys for equal that are spelled differently.
type speller interface {
	Spelling() sqllookup.Spelling
	Regular(key lookup.Key) bool
}

// spreads says which changed keys may have other spellings in the cache of a stage; nil where none has. Of a stage that a
// change topic is about, only regular keys are cached where there are such.
func (c *compiler) spreads(n *node) func(lookup.Key) bool {
	l, ok := c.lookups[n.Index].(speller)
	switch {
	case !ok || l.Spelling() == sqllookup.OneSpelling:
		return nil
	case c.regularOnly(n):
		return func(k lookup.Key) bool { return !l.Regular(k) }
	default:
		return func(lookup.Key) bool { return true }
	}
}

// regularOnly says that only a stage's regular keys are cached.
func (c *compiler) regularOnly(n *node) bool {
	l, ok := c.lookups[n.Index].(speller)
	if !ok || l.Spelling() != sqllookup.RegularSpelling {
		return false
	}
	for _, change := range c.layout.changes {
		for _, other := range c.nodes { // Those that share what is cached.
			if other.answers == n.answers && slices.Contains(change.Stages, other.Name) {
				return true
			}
		}
	}
	return false
}

// regularCache is a cache of the regular keys alone. A load of another key may be outdated by a change of any key, so it
// is shared with nobody.
type regularCache struct {
	stages.Cache[lookup.Key, *Fragment]

	regular func(lookup.Key) bool
}

// Get gets the regular keys.
func (c *regularCache) Get(ctx context.Context, keys []lookup.Key, hit func(int, stages.Result[*Fragment], stages.Origin)) stages.Stamp {
	some, at := c.some(keys)
	if len(some) == len(keys) {
		return c.Cache.Get(ctx, keys, hit)
	}
	return c.Cache.Get(ctx, some, func(i int, r stages.Result[*Fragment], from stages.Origin) { hit(at[i], r, from) })
}

// GetStale gets the regular keys.
func (c *regularCache) GetStale(ctx context.Context, keys []lookup.Key, hit func(int, stages.Result[*Fragment])) {
	some, at := c.some(keys)
	c.Cache.GetStale(ctx, some, func(i int, r stages.Result[*Fragment]) { hit(at[i], r) })
}

// Set keeps the regular keys.
func (c *regularCache) Set(ctx context.Context, since stages.Stamp, keys []lookup.Key, results []stages.Result[*Fragment]) {
	some, at := c.some(keys)
	if len(some) == len(keys) {
		c.Cache.Set(ctx, since, keys, results)
		return
	}
	kept := make([]stages.Result[*Fragment], len(at))
	for i, j := range at {
		kept[i] = results[j]
	}
	c.Cache.Set(ctx, since, some, kept)
}

// Outdated is true of every key that is not regular.
func (c *regularCache) Outdated(key lookup.Key, since stages.Stamp) bool {
	return !c.regular(key) || c.Cache.Outdated(key, since)
}

// some are the regular keys, and their positions.
func (c *regularCache) some(keys []lookup.Key) (some []lookup.Key, at []int) {
	some, at = make([]lookup.Key, 0, len(keys)), make([]int, 0, len(keys))
	for i, k := range keys {
		if c.regular(k) {
			some, at = append(some, k), append(at, i)
		}
	}
	return some, at
}
