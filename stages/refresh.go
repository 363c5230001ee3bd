package stages

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/loaderline/loaderline/internal/loadcache"
)

const (
	// firstPause and longestPause bound how long no key is refreshed after a refresh has failed.
	firstPause   = time.Second
	longestPause = time.Minute
)

// refresher loads keys again in the background before their values in the cache expire. It performs one load at a time;
// keys that become due meanwhile are in the next one. A load is tried once. If it fails, the values stay in the cache until
// they expire.
type refresher[K comparable, V any] struct {
	ctx    context.Context //nolint:containedctx // It ends with Close.
	cancel context.CancelFunc

	mu      sync.Mutex
	due     map[K]struct{} // to be loaded next
	busy    bool
	closed  bool
	resume  time.Time // the end of the pause after a failed load
	pauses  *backoff.ExponentialBackOff
	running sync.WaitGroup
}

func newRefresher[K comparable, V any]() *refresher[K, V] {
	r := &refresher[K, V]{
		due: map[K]struct{}{},
		pauses: backoff.NewExponentialBackOff(
			backoff.WithInitialInterval(firstPause), backoff.WithMaxInterval(longestPause), backoff.WithMaxElapsedTime(0),
		),
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}

// Close ends the background loads of a loader whose cache refreshes ahead, and waits for them. Call it when no Run or Load is
// in progress.
func (l *Loader[K, V]) Close() {
	r := l.refresher
	r.mu.Lock()
	r.closed = true
	r.cancel()
	r.mu.Unlock()
	r.running.Wait()
}

// refresh has keys loaded soon that are due. Beyond what is settled together it leaves them to the next run that asks for them.
func (l *Loader[K, V]) refresh(keys []K) {
	if len(keys) == 0 {
		return
	}
	r := l.refresher
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || time.Now().Before(r.resume) {
		return
	}
	for _, k := range keys {
		if len(r.due) == l.together() {
			break
		}
		r.due[k] = struct{}{}
	}
	if !r.busy {
		r.busy = true
		r.running.Go(func() {
			for keys := r.next(); len(keys) > 0; keys = r.next() {
				r.ended(l.reload(r.ctx, keys))
			}
		})
	}
}

// next takes the keys that are due, or none during a pause.
func (r *refresher[K, V]) next() []K {
	r.mu.Lock()
	defer r.mu.Unlock()
	var keys []K
	if !r.closed && !time.Now().Before(r.resume) {
		for k := range r.due {
			keys = append(keys, k)
		}
	}
	clear(r.due)
	r.busy = len(keys) > 0
	return keys
}

func (r *refresher[K, V]) ended(well bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if well {
		r.pauses.Reset()
		return
	}
	r.resume = time.Now().Add(r.pauses.NextBackOff())
}

// reload loads the keys that are still due and not in flight. It reports whether no key failed.
func (l *Loader[K, V]) reload(ctx context.Context, keys []K) bool {
	w := l.joinDue(ctx, keys)
	if w == nil || w.load == nil {
		return true
	}
	b := noRetries()
	b.once = true
	go l.perform(w.load, b)
	a := answer[V]{results: make([]Result[V], len(keys)), origins: make([]origin, len(keys))}
	w.collect(ctx, &a)
	for _, j := range w.own {
		if a.results[j].State == Failed {
			return false
		}
	}
	return a.failure == nil
}

// joinDue creates a load of the keys that the cache still has and says are due.
func (l *Loader[K, V]) joinDue(ctx context.Context, keys []K) *wait[K, V] {
	r := joinRequest[K]{keys: keys, outdated: l.outdated, cached: true, background: true}
	return l.inflight.join(ctx, r, func() (due []int32, since loadcache.Stamp) {
		since = l.cache.Get(ctx, keys, func(i int, _ Result[V], isDue bool) {
			if isDue {
				due = append(due, int32(i))
			}
		})
		slices.Sort(due)
		return l.failures.of(keys, due, l.outdated, func(int32, error) {}), since
	})
}
