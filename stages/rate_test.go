package stages_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loaderline/loaderline/stages"
)

func TestARateSpreadsCallsAndIsNotTheirTime(t *testing.T) {
	for _, c := range []struct {
		rate stages.Rate
		took time.Duration // for ten calls of no time
	}{
		{stages.Rate{}, 0},
		{stages.Rate{Calls: 1}, 9 * time.Second},
		{stages.Rate{Calls: 10, Per: time.Minute}, 54 * time.Second},
		{stages.Rate{Calls: 1, Burst: 4}, 6 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			backend := stages.NewBackend(stages.BackendConfig{Rate: c.rate, Timeout: time.Millisecond})
			start := time.Now()
			rows, _ := run(t.Context(), loader(&recorder{}, stages.LoaderConfig[int, int]{MaxBatch: 1, Backend: backend}), noRetry, numbers(10)...)
			if took := time.Since(start); rows.Err() != nil || took != c.took {
				t.Errorf("%+v: %v in %v, want %v", c.rate, rows.Err(), took, c.took)
			}
			if waited := backend.Stats().RateWait; waited < c.took {
				t.Errorf("%+v: waited %v", c.rate, waited)
			}
		})
	}
}

// Who waits for the rate can be called off, and what waited takes nothing of it.
func TestARateHeedsContexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &recorder{}
		backend := stages.NewBackend(stages.BackendConfig{Rate: stages.Rate{Calls: 1, Per: time.Hour}, Breaker: stages.Breaker{Failures: 1}})
		l := loader(src, stages.LoaderConfig[int, int]{Backend: backend})
		run(t.Context(), l, noRetry, 1)
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		rows, _ := run(ctx, l, noRetry, 2)
		if took := time.Since(start); !errors.Is(rows.Err(), context.DeadlineExceeded) || took != time.Second || len(src.seen()) != 1 {
			t.Errorf("%v in %v, %d calls", rows.Err(), took, len(src.seen()))
		}
		rows, _ = run(t.Context(), l, noRetry, 3)
		if took := time.Since(start); rows.Err() != nil || took != time.Hour {
			t.Errorf("%v after %v", rows.Err(), took)
		}
		if s := backend.Stats(); s.Breaker != stages.BreakerClosed {
			t.Errorf("%+v", s)
		}
	})
}
