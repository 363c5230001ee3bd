package cache

import (
	"context"
	"time"

	"github.com/loaderline/loaderline/internal/loadcache"
	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages"
)

// ViewConfig configures what one loader keeps in a cache.
type ViewConfig[K comparable, V any] struct {
	// Loader is the name of the loader. Views of one Memory with the same Loader, Version, K and V share their entries.
	Loader string
	// Version separates values that the loader loads with different queries or in different encodings. Change it when
	// one of these changes: entries in tiers outlive the process. Optional.
	Version string
	// TTL is how long the cache keeps a loaded value. It shortens the time of each entry by up to a tenth, at random, so
	// that entries that were loaded together do not expire together. Zero or less keeps no values.
	TTL time.Duration
	// NegativeTTL is how long the cache remembers that a key has no value, shortened in the same way. Defaults to not at
	// all.
	NegativeTTL time.Duration
	// StaleIfError is how long past its TTL a value may still be used while the source fails. Defaults to not at all.
	StaleIfError time.Duration
	// KeepExpired keeps values past their TTL for as long as there is room, for stages.LoaderConfig.AppendOnly.
	KeepExpired bool
	// RefreshAfter is the share of its time to live, between 0 and 1, after which an entry that is read is loaded again in
	// the background. At 0.8, that happens in the last fifth. Defaults to never.
	RefreshAfter float64
	// Codec encodes keys and values for the tiers of the Memory. Without it the loader uses the memory alone.
	Codec *Codec[K, V]
	// Cost returns the bytes that a key and a value refer to outside of K and V themselves, such as the bytes of strings
	// and slices. It is called with the zero V for a key without a value, and concurrently. Defaults to a walk through
	// both by reflection. Set it where values share memory, or where the walk is too slow.
	Cost func(K, V) int64
}

// Codec encodes the keys and values of a loader for tiers. Its functions are called concurrently.
type Codec[K comparable, V any] struct {
	// Key returns the bytes of a key. They differ for different keys, and are the same in every process.
	Key func(K) string
	// Encode returns the bytes of a value. If it returns an error, the tiers do not keep the value.
	Encode func(V) ([]byte, error)
	// Decode returns the value of bytes that Encode returned. It may keep the bytes. If it returns an error, the value is
	// loaded again.
	Decode func([]byte) (V, error)
}

// View is what one loader keeps in a cache. Pass it as stages.LoaderConfig.Cache. It is safe for concurrent use.
type View[K comparable, V any] struct {
	sealed[K, V] // what a loader calls

	view *resultcache.View[K, V]
}

type sealed[K comparable, V any] = loadcache.Sealed[K, stages.Result[V]]

// For returns the view of m for one loader. It may be called again for the same loader. Closing m ends the view.
func For[K comparable, V any](m *Memory, cfg ViewConfig[K, V]) *View[K, V] {
	view := resultcache.For(m.memory, resultcache.ViewConfig[K, V]{
		Loader: cfg.Loader, Version: cfg.Version, TTL: cfg.TTL, NegativeTTL: cfg.NegativeTTL,
		StaleIfError: cfg.StaleIfError, KeepExpired: cfg.KeepExpired, RefreshAfter: cfg.RefreshAfter,
		Codec: (*resultcache.Codec[K, V])(cfg.Codec), Cost: cfg.Cost,
	})
	return &View[K, V]{sealed: loadcache.Seal(view), view: view}
}

// Invalidate removes keys. From now on lookups miss them until a load that begins later has loaded them. Loads in progress
// keep no value for them. The memory follows at once, and the tiers when Invalidate returns, even if ctx has ended.
func (v *View[K, V]) Invalidate(ctx context.Context, keys ...K) { v.view.Invalidate(ctx, keys...) }

// InvalidateAll removes all keys of the loader's version, as Invalidate removes some. Their memory is released when they
// expire, or when another entry needs the room.
func (v *View[K, V]) InvalidateAll(ctx context.Context) { v.view.InvalidateAll(ctx) }
