package stages

import "context"

// Cache keeps the results of one loader between batches: Loaded and Missing ones, never failures.
// Implementations are safe for concurrent use; package cache has them.
type Cache[K comparable, V any] interface {
	// Get calls hit, from this goroutine and before it returns, with the index and the result of each key that it holds.
	// The stamp marks the moment: pass it to Set with what is loaded for the other keys.
	Get(ctx context.Context, keys []K, hit func(i int, r Result[V])) Stamp
	// Set keeps the Loaded and the Missing among results, but no stale ones, which belong to keys by position. A key that was
	// invalidated after the stamp was taken is left out: the load may have read the old value.
	Set(ctx context.Context, since Stamp, keys []K, results []Result[V])
	// GetStale calls hit, as Get does, with values past their time that may be served while the source fails. Their
	// Stale is their age.
	GetStale(ctx context.Context, keys []K, hit func(i int, r Result[V]))
	// Outdated says whether a key was invalidated after the stamp was taken, so that what is being loaded for it may
	// be the old value.
	Outdated(key K, since Stamp) bool
}

// Stamp is a moment in the order of a cache's invalidations.
type Stamp uint64
