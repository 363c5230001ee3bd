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
		interval time.Duration
		burst    int
		took     time.Duration // for ten calls of no time
	}{
		{0, 0, 0},
		{time.Second, 0, 9 * time.Second},
		{6 * time.Second, 0, 54 * time.Second},
		{time.Second, 4, 6 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			backend := stages.NewBackend(stages.BackendConfig{CallInterval: c.interval, CallBurst: c.burst, Timeout: time.Millisecond})
			start := time.Now()
			rows, _ := run(t.Context(), loader(&recorder{}, stages.LoaderConfig[int, int]{MaxBatch: 1, Backend: backend}), noRetry, numbers(10)...)
			if took := time.Since(start); rows.Err() != nil || took != c.took {
				t.Errorf("%+v: %v in %v, want %v", c, rows.Err(), took, c.took)
			}
			if waited := backend.Stats().RateWait; waited < c.took {
				t.Errorf("%+v: waited %v", c, waited)
			}
		})
	}
}

// Who waits for the rate can be called off, and what waited takes nothing of it.
func TestARateHeedsContexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &recorder{}
		backend := stages.NewBackend(stages.BackendConfig{CallInterval: time.Hour, BreakerFailures: 1})
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
		if s := backend.Stats(); s.Breaker != "closed" {
			t.Errorf("%+v", s)
		}
	})
}
