package stages

import (
	"maps"
	"sync"
	"time"

	"github.com/loaderline/loaderline/internal/loadcache"
	"github.com/loaderline/loaderline/internal/loaderr"
)

// maxFailures bounds the keys whose failures a loader remembers.
const maxFailures = 10_000

// failures remembers the keys at fault for a while. They fail without a call, so that later runs need not bisect again.
type failures[K comparable] struct {
	ttl   time.Duration
	clone func(K) K // copies a key that is kept

	mu    sync.Mutex
	known map[K]knownFailure
}

type knownFailure struct {
	err   error
	since loadcache.Stamp // of the load: an invalidation after it ends the failure
	until time.Time
}

// remember keeps the failure of a key, unless there is no room.
func (f *failures[K]) remember(key K, since loadcache.Stamp, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	if len(f.known) >= maxFailures {
		maps.DeleteFunc(f.known, func(_ K, k knownFailure) bool { return !now.Before(k.until) })
		if len(f.known) >= maxFailures {
			return
		}
	}
	if f.known == nil {
		f.known = map[K]knownFailure{}
	}
	f.known[key] = knownFailure{err: err, since: since, until: now.Add(f.ttl)}
}

// of calls fail for each of the keys at some positions whose failure is remembered, and returns the other positions.
func (f *failures[K]) of(keys []K, at []int32, outdated func(K, loadcache.Stamp) bool, fail func(j int32, err error)) []int32 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.known) == 0 {
		return at
	}
	now := time.Now()
	rest := make([]int32, 0, len(at))
	for _, j := range at {
		k, is := f.known[keys[j]]
		switch {
		case !is:
			rest = append(rest, j)
		case !now.Before(k.until) || outdated(keys[j], k.since):
			delete(f.known, keys[j])
			rest = append(rest, j)
		default:
			fail(j, k.err)
		}
	}
	return rest
}

// rememberFaults remembers the keys of a load that are at fault.
func (l *Loader[K, V]) rememberFaults(f *load[K, V]) {
	if l.cfg.FailureTTL <= 0 {
		return
	}
	for i, r := range f.results {
		if r.State != Failed {
			continue
		}
		if err, is := r.Err.(*loaderr.KeyError); is && err.AtFault { //nolint:errorlint // It is made here, and never wrapped.
			l.failures.remember(l.failures.clone(f.keys[i]), f.since, r.Err)
		}
	}
}
