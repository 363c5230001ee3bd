package stages

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loaderline/loaderline/internal/keyclone"
	"github.com/loaderline/loaderline/internal/loadcache"
)

// LoaderConfig configures a Loader.
type LoaderConfig[K comparable, V any] struct {
	// Name is used in errors and statistics. Defaults to "loader".
	Name string
	// MaxBatch bounds the keys of one call; more are split over several. Defaults to 5000. With 1 each key has a call of its own,
	// as many at once as the Backend allows. A key then fails alone, and an outage is found by a few calls.
	MaxBatch int
	// Backend is shared by the loaders of one database or service, and bounds their calls. Defaults to one that is not shared.
	Backend *Backend
	// Cache keeps results between batches: cache.For returns one. Without it nothing is kept; keys are deduplicated all the
	// same. If it refreshes ahead, whoever made the Loader closes it.
	Cache loadcache.Handle[K, Result[V]]
	// RetryMissing asks again for a key that is missing, within the Plan's MaxElapsed, for values that come later than the
	// events that want them. That the cache knows a key to be missing is no answer then. The run waits for them all.
	RetryMissing bool
	// OutageFailsKeys makes an outage of the backend fail the requested keys, with ErrOutage, instead of the whole run.
	// While the backend's breaker is open that takes no call and no retry; without a breaker every run retries in vain.
	OutageFailsKeys bool
	// AppendOnly says that the values are versions (see AsOf), and that the source only ever adds versions: none begins more than a
	// minute before it can be loaded, and an older one does not change, except that it ends when the next begins. A value is then final
	// for times more than a minute before it was loaded, and the Cache is used for them even if it is past its time to live. The
	// Cache must be told to keep expired values.
	AppendOnly bool
	// FailureTTL is how long a key that a bulk call has died of is remembered: it fails without a call for so long, unless
	// the Cache is told to invalidate it. 0: it is looked for again each time.
	FailureTTL time.Duration
	// Local says that the source has its rows in memory, where they can change at any time. Each run then loads its keys itself:
	// it joins no load that another run began, which may have read rows from before a change that this run must see. Cache and
	// FailureTTL are ignored for the same reason. Its loads are no calls: StageStats and BackendConfig.OnCall do not count them.
	// Defaults to false.
	Local bool
}

// Loader loads any number of keys with few bulk calls of its source. It does not load cached keys. It splits the others
// by MaxBatch, retries errors that may pass, and bisects calls in which single keys are at fault. It is safe for
// concurrent use. Stages that share a Loader share its calls.
type Loader[K comparable, V any] struct {
	source    Source[K, V]
	cfg       LoaderConfig[K, V]
	cache     loadcache.Cache[K, Result[V]] // nil: nothing is kept
	inflight  inflight[K, V]
	refresher *refresher[K, V]
	failures  failures[K]
	// known is a key that a call has settled. A call for it alone shows whether the source responds at all.
	known atomic.Pointer[K]
}

// NewLoader returns a loader of a source.
func NewLoader[K comparable, V any](source Source[K, V], cfg LoaderConfig[K, V]) *Loader[K, V] {
	if cfg.Name == "" {
		cfg.Name = "loader"
	}
	if cfg.MaxBatch <= 0 {
		cfg.MaxBatch = defaultMaxBatch
	}
	if cfg.Backend == nil {
		cfg.Backend = NewBackend(BackendConfig{Name: cfg.Name})
	}
	if cfg.Local {
		cfg.Cache, cfg.FailureTTL = nil, 0
	}
	return &Loader[K, V]{source: source, cfg: cfg, cache: loadcache.Of(cfg.Cache), refresher: newRefresher[K, V](), failures: failures[K]{ttl: cfg.FailureTTL, clone: keyclone.For[K]()}}
}

// Load loads keys outside of a plan, with the default backoff of a Plan. It loads duplicate keys once.
func (l *Loader[K, V]) Load(ctx context.Context, keys ...K) map[K]Result[V] {
	answers := make(map[K]Result[V], len(keys))
	distinct := make([]K, 0, len(keys))
	for _, k := range keys {
		if _, seen := answers[k]; !seen {
			answers[k] = Result[V]{}
			distinct = append(distinct, k)
		}
	}
	got := l.load(ctx, distinct, nil, newBudget(0, 0, 0))
	for i, k := range distinct {
		answers[k] = got.results[i]
	}
	return answers
}

// origin says where a result came from.
type origin uint8

const (
	fromSource origin = iota // a load of the run's own
	fromCache                // a value that was loaded before
	fromFlight               // a load that another run had begun
)

// answer is what one run gets for its keys, by position.
type answer[V any] struct {
	results []Result[V]
	origins []origin
	calls   callStats
	failure error // ErrOutage, ErrFatal or the context's cause: the run as a whole has failed
}

// load settles distinct keys. If the loader retries missing keys, it waits for their values.
func (l *Loader[K, V]) load(ctx context.Context, keys []K, wanted wantedAt, b budget) answer[V] {
	a := l.settle(ctx, keys, wanted, b)
	if l.cfg.RetryMissing {
		l.retryMissing(ctx, keys, wanted, b, &a)
	}
	return a
}

// settle settles distinct keys: from the cache, by loads in flight, and by a load of the others. It returns when all keys
// are settled or the context has ended.
func (l *Loader[K, V]) settle(ctx context.Context, keys []K, wanted wantedAt, b budget) answer[V] {
	a := answer[V]{results: make([]Result[V], len(keys)), origins: make([]origin, len(keys))}
	if l.cfg.Local {
		l.settleAlone(ctx, keys, b, &a)
		return a
	}
	for at := positions(len(keys)); len(at) > 0; {
		w := l.join(ctx, keys, wanted, at, &a)
		if w == nil {
			break
		}
		if w.created {
			go l.perform(w.load, b)
		}
		at = w.collect(ctx, &a)
	}
	return a
}

// settleAlone settles distinct keys by a load for this run alone.
func (l *Loader[K, V]) settleAlone(ctx context.Context, keys []K, b budget, a *answer[V]) {
	if len(keys) > 0 {
		f := &load[K, V]{keys: keys, ctx: ctx, results: a.results}
		a.calls, a.failure = l.loadChunks(f, l.cfg.Backend.admit(ctx), b)
	}
}

// join settles the keys at some positions that are cached or remembered as failed, and joins or creates loads for the
// others. It returns nil if there are no others.
func (l *Loader[K, V]) join(ctx context.Context, keys []K, wanted wantedAt, at []int32, a *answer[V]) *wait[K, V] {
	r := joinRequest[K]{keys: keys, outdated: l.outdated, cached: l.cache != nil, maxKeys: l.together()}
	return l.inflight.join(ctx, r, func() (rest []int32, since loadcache.Stamp) {
		if l.cache != nil {
			at, since = l.cached(ctx, keys, wanted, at, a)
		}
		fail := func(j int32, err error) { a.results[j] = Result[V]{Err: err, State: Failed} }
		return l.failures.of(keys, at, l.outdated, fail), since
	})
}

func positions(n int) []int32 {
	all := make([]int32, n)
	for i := range all {
		all[i] = int32(i)
	}
	return all
}

// cached settles the keys at some positions that the cache has, and returns the other positions.
func (l *Loader[K, V]) cached(ctx context.Context, keys []K, wanted wantedAt, at []int32, a *answer[V]) (rest []int32, since loadcache.Stamp) {
	asked := pick(keys, at)
	hits := 0
	var due []K
	since = l.cache.Get(ctx, asked, func(i int, r Result[V], isDue bool) {
		if l.cfg.RetryMissing && missingAt(r, wanted, int(at[i])) {
			return
		}
		a.results[at[i]], a.origins[at[i]] = r, fromCache
		hits++
		if isDue && !l.final(r, wanted, int(at[i])) {
			due = append(due, asked[i])
		}
	})
	l.refresh(due)
	rest = a.notCached(at, len(at)-hits)
	if l.cfg.AppendOnly && wanted != nil && len(rest) > 0 {
		rest = l.expired(ctx, keys, wanted, rest, a)
	}
	return rest, since
}

// notCached returns the positions, about n, whose results are not from the cache.
func (a *answer[V]) notCached(at []int32, n int) []int32 {
	rest := make([]int32, 0, n)
	for _, j := range at {
		if a.origins[j] != fromCache {
			rest = append(rest, j)
		}
	}
	return rest
}

// pick returns the keys at some positions, which are in increasing order.
func pick[K any](keys []K, at []int32) []K {
	if len(at) == len(keys) {
		return keys
	}
	picked := make([]K, len(at))
	for i, j := range at {
		picked[i] = keys[j]
	}
	return picked
}

func (l *Loader[K, V]) outdated(key K, since loadcache.Stamp) bool {
	return l.cache != nil && l.cache.Outdated(key, since)
}

// perform loads the keys of a load, including keys that other runs add while its first call waits to be admitted. It
// always finishes the load.
func (l *Loader[K, V]) perform(f *load[K, V], b budget) {
	defer l.inflight.finish(f)
	first := l.cfg.Backend.admit(f.ctx)
	l.inflight.start(f)
	f.calls, f.failure = l.loadChunks(f, first, b)
	l.rememberFaults(f)
	if l.cache != nil {
		l.cache.Set(f.ctx, f.since, f.keys, f.results)
		l.setLeft(f.results)
	}
}

// setLeft says of loaded results for how long the cache keeps them.
func (l *Loader[K, V]) setLeft(results []Result[V]) {
	for i := range results {
		if r := &results[i]; r.State != Failed && !r.Stale {
			r.Left = l.cache.Left(*r)
		}
	}
}

// loadChunks loads the keys in chunks of those that are settled together, which run concurrently as far as the backend allows.
func (l *Loader[K, V]) loadChunks(f *load[K, V], first *admission, b budget) (callStats, error) {
	size := l.together()
	if len(f.keys) <= size {
		c := l.chunk(f.keys, f.results, b)
		c.admitted = first
		c.settle(f.ctx)
		return c.stats, c.failure
	}
	var (
		wg     sync.WaitGroup
		chunks []*chunk[K, V]
	)
	for from := 0; from < len(f.keys); from += size {
		to := min(from+size, len(f.keys))
		c := l.chunk(f.keys[from:to], f.results[from:to], b)
		c.admitted, first = first, nil
		chunks = append(chunks, c)
		wg.Go(func() { c.settle(f.ctx) })
	}
	wg.Wait()
	var (
		stats   callStats
		failure error
	)
	for _, c := range chunks {
		stats.add(c.stats)
		failure = worse(failure, c.failure)
	}
	return stats, failure
}
