// Package loadcache is the contract between a loader of package stages and its cache, which package cache implements.
package loadcache

import (
	"context"
	"time"
)

// Cache keeps the results of one loader between runs: values, and keys that are known to be missing. R is the type of a
// result. Implementations are safe for concurrent use.
type Cache[K comparable, R any] interface {
	// Get calls hit, from this goroutine and before it returns, with the index and the result of each key that it holds. due
	// says that the value is still good, and old enough to be loaded again in the background. The stamp marks the moment: pass
	// it to Set with what is loaded for the other keys.
	Get(ctx context.Context, keys []K, hit func(i int, r R, due bool)) Stamp
	// Set keeps results[i] for keys[i], unless that is a failure or a stale value. It leaves out a key that was invalidated
	// after the stamp was taken: the load may have read the old value.
	Set(ctx context.Context, since Stamp, keys []K, results []R)
	// GetStale calls hit, as Get does, with values past their time that may be served while the source fails.
	GetStale(ctx context.Context, keys []K, hit func(i int, r R))
	// GetExpired calls hit, as Get does, with values past their time that were kept for it. Age is counted from the beginning of
	// the load.
	GetExpired(ctx context.Context, keys []K, hit func(i int, r R))
	// Outdated reports whether a key was invalidated after the stamp was taken. What is being loaded for it may then be the
	// old value.
	Outdated(key K, since Stamp) bool
	// Left returns for how long at least a result that is loaded now is kept, and not due.
	Left(r R) time.Duration
}

// Stamp is a moment in the order of a cache's loads and invalidations.
type Stamp struct {
	// Seq is the cache's own count of invalidations.
	Seq uint64
	// Taken is when the stamp was taken.
	Taken time.Time
}
