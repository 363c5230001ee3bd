package stages

import (
	"context"
	"time"
)

// Cache keeps the results of one loader between batches: Loaded and Missing ones, never failures.
// Implementations are safe for concurrent use; package cache has them.
type Cache[K comparable, V any] interface {
	// Get calls hit, from this goroutine and before it returns, with the index, the result and the origin of each key
	// that it holds. The stamp marks the moment: pass it to Set with what is loaded for the other keys.
	Get(ctx context.Context, keys []K, hit func(i int, r Result[V], from Origin)) Stamp
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

// Stamp is a moment in the order of a cache's loads and invalidations.
type Stamp struct {
	// Seq is the cache's own count of invalidations.
	Seq uint64
	// Taken is when the stamp was taken.
	Taken time.Time
}

// From says where a result came from.
type From uint8

// Where results come from.
const (
	// FromSource is a load of the run's own.
	FromSource From = iota
	// FromCache is a value that was loaded before.
	FromCache
	// FromFlight is a load that another run had begun.
	FromFlight
)

// Origin says where the result of a key came from. What is served stale comes from its source, which failed: Result.Stale
// is its age.
type Origin struct {
	// From says whether the key was loaded.
	From From
	// Tier is the tier of the cache that held it: 0 is the memory, 1 the next.
	Tier uint8
	// Due says that the value is still good, and old enough to be loaded anew in the background.
	Due bool
	// Age is how long ago what came from the cache was loaded.
	Age time.Duration
	// Left is for how long the first tier holds it yet, and it is not Due.
	Left time.Duration
}
