package stages

import (
	"context"
	"sync"
	"sync/atomic"
)

// LoaderConfig configures a Loader.
type LoaderConfig[K comparable, V any] struct {
	// Name is used in errors and statistics. Defaults to "loader".
	Name string
	// MaxBatch bounds the keys of one call; more are split over several. Defaults to 5000.
	MaxBatch int
	// Backend is shared by the loaders of one database or service, and bounds their calls. Defaults to one of its own.
	Backend *Backend
	// Cache keeps results between batches. nil keeps none; keys are deduplicated all the same.
	Cache Cache[K, V]
}

// Loader turns any number of wanted keys into few bulk calls of its source: cached keys are not loaded, the others
// are split by MaxBatch, tried again where that can help, and bisected where single keys are at fault.
// It is safe for concurrent use. Stages that share a Loader share its calls.
type Loader[K comparable, V any] struct {
	source Source[K, V]
	cfg    LoaderConfig[K, V]
	// known is a key that the source has answered for: who asks for it again learns whether the source answers at all.
	known atomic.Pointer[K]
}

// NewLoader makes a loader of a source.
func NewLoader[K comparable, V any](source Source[K, V], cfg LoaderConfig[K, V]) *Loader[K, V] {
	if cfg.Name == "" {
		cfg.Name = "loader"
	}
	if cfg.MaxBatch <= 0 {
		cfg.MaxBatch = 5000
	}
	if cfg.Backend == nil {
		cfg.Backend = NewBackend(BackendConfig{Name: cfg.Name})
	}
	return &Loader[K, V]{source: source, cfg: cfg}
}

// Name is the configured name.
func (l *Loader[K, V]) Name() string { return l.cfg.Name }

// Load answers keys outside of a plan, with the default Retry. Duplicate keys are loaded once.
func (l *Loader[K, V]) Load(ctx context.Context, keys ...K) map[K]Result[V] {
	answers := make(map[K]Result[V], len(keys))
	distinct := make([]K, 0, len(keys))
	for _, k := range keys {
		if _, seen := answers[k]; !seen {
			answers[k] = Result[V]{}
			distinct = append(distinct, k)
		}
	}
	got := l.load(ctx, distinct, newBudget(Retry{}))
	for i, k := range distinct {
		answers[k] = got.results[i]
	}
	return answers
}

// origin says where a result came from.
type origin uint8

const (
	fromSource origin = iota
	fromCache
)

// answer is what one load found for its keys, by position.
type answer[V any] struct {
	results []Result[V]
	origins []origin
	calls   CallStats
	failure error // an *OutageError or a *FatalError: the run as a whole has failed
}

// load settles distinct keys. It returns when all are settled or the context has ended.
func (l *Loader[K, V]) load(ctx context.Context, keys []K, b budget) answer[V] {
	a := answer[V]{results: make([]Result[V], len(keys)), origins: make([]origin, len(keys))}
	rest, at := keys, []int32(nil)
	var since Stamp
	if l.cfg.Cache != nil {
		rest, at, since = l.fromCache(ctx, keys, &a)
	}
	if len(rest) == 0 {
		return a
	}
	loaded := a.results
	if at != nil {
		loaded = make([]Result[V], len(rest))
	}
	a.calls, a.failure = l.loadChunks(ctx, rest, loaded, b)
	if l.cfg.Cache != nil {
		l.cfg.Cache.Set(ctx, since, rest, loaded)
	}
	for i, j := range at {
		a.results[j] = loaded[i]
	}
	return a
}

// fromCache settles what the cache holds, and answers the other keys with their positions; at is nil where that is all of them.
func (l *Loader[K, V]) fromCache(ctx context.Context, keys []K, a *answer[V]) (rest []K, at []int32, since Stamp) {
	hits := 0
	since = l.cfg.Cache.Get(ctx, keys, func(i int, r Result[V]) {
		a.results[i], a.origins[i] = r, fromCache
		hits++
	})
	if hits == 0 {
		return keys, nil, since
	}
	rest, at = make([]K, 0, len(keys)-hits), make([]int32, 0, len(keys)-hits)
	for i, k := range keys {
		if a.origins[i] == fromSource {
			rest, at = append(rest, k), append(at, int32(i))
		}
	}
	return rest, at, since
}

// loadChunks loads keys in chunks of MaxBatch, side by side as far as the backend allows.
func (l *Loader[K, V]) loadChunks(ctx context.Context, keys []K, results []Result[V], b budget) (CallStats, error) {
	if len(keys) <= l.cfg.MaxBatch {
		c := l.chunk(keys, results, b)
		c.settle(ctx)
		return c.stats, c.failure
	}
	var (
		wg     sync.WaitGroup
		chunks []*chunk[K, V]
	)
	for from := 0; from < len(keys); from += l.cfg.MaxBatch {
		to := min(from+l.cfg.MaxBatch, len(keys))
		c := l.chunk(keys[from:to], results[from:to], b)
		chunks = append(chunks, c)
		wg.Go(func() { c.settle(ctx) })
	}
	wg.Wait()
	var (
		stats   CallStats
		failure error
	)
	for _, c := range chunks {
		stats.add(c.stats)
		failure = worse(failure, c.failure)
	}
	return stats, failure
}
