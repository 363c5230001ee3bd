package resultcache

import (
	"hash/maphash"
	"reflect"
	"time"
	"unsafe"

	"github.com/loaderline/loaderline/internal/keyclone"
	"github.com/loaderline/loaderline/internal/loadcache"
	"github.com/loaderline/loaderline/stages"
)

const defaultJitter = 0.1

// storeBytes is what ristretto takes for an entry beside the entry itself: its places in the maps of values, costs
// and expiries. The maps grow in steps: 205 to 285 bytes were measured in full caches.
const storeBytes = 272

// ViewConfig configures a View.
type ViewConfig[K comparable, V any] struct {
	// Loader is the loader's name. Views of one Memory with the same Loader, Version, K and V share their entries.
	Loader string
	// Version tells apart what one loader loads before and after its query, or the type of its values, has changed.
	Version string
	// TTL is how long a loaded value is kept. Zero or less keeps none.
	TTL time.Duration
	// NegativeTTL is how long it is kept that a key is missing. Zero or less does not keep it.
	NegativeTTL time.Duration
	// StaleIfError is how long beyond its TTL a loaded value is kept, for when the source fails. Zero or less keeps none.
	StaleIfError time.Duration
	// KeepExpired keeps results past their time until their room is needed, for GetExpired.
	KeepExpired bool
	// StaleMissing reports whether a key without a value is kept so as well: for loaders where that is an answer like any
	// other, such as a list without elements.
	StaleMissing bool
	// RefreshAfter is the share of an entry's time to live after which a hit is due for being loaded anew: 0.8 for the last
	// fifth. Zero or less, and 1 or more: never.
	RefreshAfter float64
	// Codec lets the loader's results into the Memory's tiers; without one they are kept in memory alone. In the tiers,
	// Loader and Version by themselves say whose they are: a Version stands for one K, V and Codec.
	Codec *Codec[K, V]
	// Jitter is the share of its time to live by which an entry is shortened at most, chosen at random for each, so
	// that what was loaded together does not expire together. At most 1; negative is none. Defaults to 0.1.
	Jitter float64
	// Cost is the number of bytes that a key and a value hold elsewhere than in K and V themselves: the bytes of
	// strings and slices, what pointers lead to. A missing key's value is V's zero. It may be called concurrently.
	// Defaults to a walk through both; write one where values share memory or the walk is too slow.
	Cost func(K, V) int64
}

func (cfg ViewConfig[K, V]) withDefaults() ViewConfig[K, V] {
	if cfg.Jitter == 0 {
		cfg.Jitter = defaultJitter
	}
	cfg.Jitter = min(max(cfg.Jitter, 0), 1)
	if cfg.RefreshAfter >= 1 {
		cfg.RefreshAfter = 0
	}
	if cfg.Cost == nil {
		cfg.Cost = heapBytes[K, V]()
	}
	return cfg
}

// View is the cache of one loader in a Memory and its tiers. It is safe for concurrent use, and made by For.
type View[K comparable, V any] struct {
	memory *Memory
	space  *space
	below  *below[K, V] // the tiers; nil where there are none for this loader
	cfg    ViewConfig[K, V]
	clone  func(K) K
	fixed  int64 // what an entry costs without its key's and value's bytes
}

var _ loadcache.Cache[int, stages.Result[int]] = (*View[int, int])(nil)

// For is the view of m for one loader. It may be called again for the same loader, and is closed with m.
func For[K comparable, V any](m *Memory, cfg ViewConfig[K, V]) *View[K, V] {
	id := spaceID{loader: cfg.Loader, version: cfg.Version, key: reflect.TypeFor[K](), value: reflect.TypeFor[V]()}
	v := &View[K, V]{
		memory: m,
		space:  m.spaces.get(id),
		cfg:    cfg.withDefaults(),
		clone:  keyclone.For[K](),
		fixed:  storeBytes + allocated(int64(unsafe.Sizeof(entry[K, V]{}))),
	}
	if cfg.Codec != nil && len(m.tiers) > 0 {
		v.below = &below[K, V]{view: v, codec: *cfg.Codec, name: tierSpace(cfg.Loader, cfg.Version), levels: m.tiers}
	}
	return v
}

// Space names what the tiers hold of v; empty where they hold nothing.
func (v *View[K, V]) Space() string {
	if v.below == nil {
		return ""
	}
	return v.below.name
}

// Left is for how long at least a result that is loaded now is kept, and not due for being loaded anew.
func (v *View[K, V]) Left(r stages.Result[V]) time.Duration {
	ttl := v.ttl(r.State)
	ttl -= time.Duration(v.cfg.Jitter * float64(ttl))
	if v.cfg.RefreshAfter > 0 {
		ttl = min(ttl, v.dueAfter(ttl))
	}
	return max(ttl, 0)
}

func (v *View[K, V]) hash(key K) uint64 { return maphash.Comparable(v.space.seed, key) }

// stamp is this moment in the order of loads and invalidations.
func (v *View[K, V]) stamp() loadcache.Stamp {
	return loadcache.Stamp{Seq: v.memory.order.now(), Taken: time.Now()}
}

// Outdated reports whether a key was invalidated after the stamp was taken.
func (v *View[K, V]) Outdated(key K, since loadcache.Stamp) bool {
	return v.memory.order.outdated(v.space, v.hash(key), since.Seq)
}
