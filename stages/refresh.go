package stages

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"
)

const (
	// firstPause and longestPause are how long no key is refreshed after a refresh has failed, for the first time and
	// at most.
	firstPause   = time.Second
	longestPause = time.Minute
)

// refresher loads keys anew in the background, whose values in the cache are good but soon no more. There is one load
// of it at a time; what becomes due meanwhile is loaded by the next. A load is tried once, and its failure is nobody's:
// the values stay as they are, and expire when they do.
type refresher[K comparable, V any] struct {
	ctx    context.Context //nolint:containedctx // It ends with Close.
	cancel context.CancelFunc

	mu      sync.Mutex
	due     map[K]struct{} // to be loaded next
	busy    bool
	closed  bool
	resume  time.Time // nothing is loaded before, because a load has failed
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

// Close ends what the loader does in the background, which is nothing unless its cache refreshes ahead, and waits for
// it. No run may be under way.
func (l *Loader[K, V]) Close() {
	r := l.refresher
	r.mu.Lock()
	r.closed = true
	r.cancel()
	r.mu.Unlock()
	r.running.Wait()
}

// refresh sees to it that keys which are due are loaded soon. Beyond MaxBatch they are left to whoever asks next.
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
		if len(r.due) == l.cfg.MaxBatch {
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

// next takes the keys that are due. There are none when the refresher has to rest.
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

// reload loads those of keys that are still due, and not in flight already. It says whether all went well.
func (l *Loader[K, V]) reload(ctx context.Context, keys []K) bool {
	trip := l.bookDue(ctx, keys)
	if trip.flight == nil {
		return true
	}
	b := newBudget(Retry{MaxElapsed: -1})
	b.once = true
	go l.fly(trip.flight, b)
	a := answer[V]{results: make([]Result[V], len(keys)), origins: make([]Origin, len(keys))}
	trip.wait(ctx, &a)
	for _, j := range trip.own {
		if a.results[j].State == Failed {
			return false
		}
	}
	return a.failure == nil
}

// bookDue takes seats for those of keys that the cache still holds and says are due.
func (l *Loader[K, V]) bookDue(ctx context.Context, keys []K) *trip[K, V] {
	asked := l.flights.ask()
	defer l.flights.answered(asked)
	var at []int32
	since := l.cfg.Cache.Get(ctx, keys, func(i int, _ Result[V], from Origin) {
		if from.Due {
			at = append(at, int32(i))
		}
	})
	slices.Sort(at)
	at = l.failures.of(keys, at, l.outdated, func(int32, error) {})
	return l.flights.board(ctx, boarding[K]{
		keys: keys, at: at, since: since, outdated: l.outdated, asked: asked, background: true,
	})
}
