package stages_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loaderline/loaderline/stages"
)

// tooManyError is what a service says that limits its callers.
type tooManyError time.Duration

func (tooManyError) Error() string               { return "429" }
func (e tooManyError) RetryAfter() time.Duration { return time.Duration(e) }

func TestABackendIsLeftAloneAsItAsks(t *testing.T) {
	for _, c := range []struct{ asks, rest time.Duration }{
		{3 * time.Second, 3 * time.Second},
		{24 * time.Hour, time.Minute},
		{0, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			var second time.Duration
			src := &recorder{answer: func(_ context.Context, call int, b *stages.Batch[int, int]) error {
				if call == 1 {
					return tooManyError(c.asks)
				}
				second = time.Since(start)
				double(b)
				return nil
			}}
			pings := 0
			backend := stages.NewBackend(stages.BackendConfig{Ping: func(context.Context) error { pings++; return nil }})
			l := loader(src, stages.LoaderConfig[int, int]{Backend: backend})
			rows, _ := run(t.Context(), l, backoff{Initial: time.Second, Max: time.Second, MaxElapsed: time.Second / 10}, 1)
			if !errors.Is(rows.Err(), stages.ErrOutage) || !errors.Is(rows.Err(), tooManyError(c.asks)) {
				t.Errorf("%v: %v, want an outage", c.asks, rows.Err())
			}
			err := backend.Ping(t.Context())
			if busy := errors.Is(err, stages.ErrRejected); busy != (c.rest > 0) || busy && pings > 0 {
				t.Errorf("%v: ping says %v, asked %d times", c.asks, err, pings)
			}
			rows, _ = run(t.Context(), l, backoff{Initial: time.Second, Max: time.Second, MaxElapsed: time.Hour}, 1)
			if rows.Err() != nil || second < c.rest || second > c.rest+3*time.Second {
				t.Errorf("%v: %v, asked again after %v", c.asks, rows.Err(), second)
			}
		})
	}
}

// A service that limits its callers is no proof that a key is at fault, whoever is answered meanwhile.
func TestABusyBackendCondemnsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &recorder{answer: func(_ context.Context, _ int, b *stages.Batch[int, int]) error {
			if slices.Contains(b.Keys, 2) {
				return tooManyError(time.Second)
			}
			double(b)
			return nil
		}}
		l := loader(src, stages.LoaderConfig[int, int]{})
		run(t.Context(), l, noRetry, 1)
		for _, keys := range [][]int{{2}, {2, 3}, {3, 4, 2, 5}} {
			rows, _ := run(t.Context(), l, backoff{MaxElapsed: 10 * time.Second}, keys...)
			if !errors.Is(rows.Err(), stages.ErrOutage) {
				t.Errorf("%v: %v, want an outage", keys, rows.Err())
			}
		}
	})
}
