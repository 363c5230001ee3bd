package stages

import (
	"context"
	"time"
)

// commitDelay is how long after the time from which it is valid a version may be committed. Clocks differ, and a database takes the time
// when a transaction begins.
const commitDelay = time.Minute

// forever is later than all times of events.
var forever = time.Unix(1<<40, 0)

// minds reports whether it matters for which time a key is wanted.
func (l *Loader[K, V]) minds() bool { return l.cfg.AppendOnly && l.cache != nil || l.cfg.RetryMissing }

// wantedAt has the latest time for which each of some keys is wanted, by position. nil: their values have no versions, or it does not
// matter.
type wantedAt []time.Time

func (w wantedAt) pick(at []int32) wantedAt {
	if w == nil {
		return nil
	}
	return pick(w, at)
}

// missingAt reports whether a result has no value for the time for which its key is wanted.
func missingAt[V any](r Result[V], w wantedAt, i int) bool {
	if r.State != Loaded || w == nil || w[i].Equal(forever) {
		return r.State == Missing
	}
	timeline, is := any(r.Value).(interface {
		At(t time.Time) (int, bool)
	})
	if !is {
		return false
	}
	_, ok := timeline.At(w[i])
	return !ok
}

// final reports whether a result of the cache is what a load would return now, for the time for which its key is wanted.
func (l *Loader[K, V]) final(r Result[V], w wantedAt, i int) bool {
	return l.cfg.AppendOnly && w != nil && w[i].Before(time.Now().Add(-r.Age-commitDelay))
}

// expired settles the keys at some positions that the cache has and whose results are final. It returns the other positions.
func (l *Loader[K, V]) expired(ctx context.Context, keys []K, wanted wantedAt, at []int32, a *answer[V]) []int32 {
	l.cache.GetExpired(ctx, pick(keys, at), func(i int, r Result[V]) {
		j := at[i]
		if l.final(r, wanted, int(j)) && (!l.cfg.RetryMissing || !missingAt(r, wanted, int(j))) {
			a.results[j], a.origins[j] = r, fromCache
		}
	})
	return a.notCached(at, 0)
}
