package disktier

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/loaderline/loaderline/internal/pebblestore"
)

// call uses the store in another goroutine, and waits for it as long as the context and the limit allow. A failure ends
// the use of the store. A call that takes longer than the limit continues, and is counted in late until it has ended.
func call[T any](ctx context.Context, s *store, limit time.Duration, late *atomic.Int64, do func(*store) (T, error)) (T, error) {
	var none T
	if s == nil || s.broken.Load() || !s.using.TryRLock() {
		return none, errAway
	}
	type answer struct {
		value T
		err   error
	}
	answered := make(chan answer, 1)
	go func() {
		defer s.using.RUnlock()
		var a answer
		if a.err = pebblestore.Guard(func() (err error) {
			a.value, err = do(s)
			return err
		}); a.err != nil {
			s.trip(a.err)
		}
		answered <- a
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case a := <-answered:
		if s.broken.Load() {
			return none, errAway
		}
		return a.value, a.err
	case <-ctx.Done():
		return none, ctx.Err()
	case <-timer.C:
	}
	if late != nil {
		late.Add(1)
		go func() {
			<-answered
			late.Add(-1)
		}()
	}
	return none, errAway
}
