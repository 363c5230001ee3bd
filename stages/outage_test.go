package stages_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loaderline/loaderline/stages"
)

// An outage that fails keys lets runs go on: the first ones until the breaker opens, and then at once, with one call
// for each of its delays. What the source answers then counts.
func TestAnOutageThatFailsKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		backend := stages.NewBackend(stages.BackendConfig{BreakerFailures: 3, BreakerDelay: 5 * time.Second})
		src := broken(append([]error{nil}, repeat(errAway, 5)...)...)
		l := loader(src, stages.LoaderConfig[int, int]{Backend: backend, OutageFailsKeys: true})
		run(t.Context(), l, backoff{}, 1)
		outage := func(within time.Duration) {
			t.Helper()
			start := time.Now()
			rows, n := run(t.Context(), l, backoff{}, 2, 3)
			if rows.Err() != nil || !slices.Equal(states(rows, n), []stages.State{stages.Failed, stages.Failed}) {
				t.Fatalf("%v, %v", rows.Err(), states(rows, n))
			}
			err := n.Of(rows.At(0)).Err
			if !errors.Is(err, stages.ErrOutage) || !errors.Is(err, errAway) {
				t.Errorf("want an outage for %v, got %v", errAway, err)
			}
			if took := time.Since(start); took > within {
				t.Errorf("it took %v", took)
			}
		}
		outage(time.Second)
		for range 1000 {
			outage(0)
		}
		if calls := len(src.seen()); calls != 1+3 {
			t.Errorf("%d calls, want one that was answered and three that open the breaker", calls)
		}
		for range 2 {
			time.Sleep(5 * time.Second)
			outage(time.Second)
		}
		time.Sleep(5 * time.Second)
		rows, n := run(t.Context(), l, backoff{}, 2, 3)
		if r := n.Of(rows.At(1)); rows.Err() != nil || r.Value != 6 || len(src.seen()) != 7 {
			t.Errorf("%v, %v after %d calls", rows.Err(), r, len(src.seen()))
		}
	})
}

// Where the retries end before the breaker opens, the loader still finds out whether the source responds at all.
func TestAnOutageThatFailsKeysWithoutRetries(t *testing.T) {
	src := broken(append([]error{nil}, repeat(errAway, 2)...)...)
	l := loader(src, stages.LoaderConfig[int, int]{OutageFailsKeys: true})
	run(t.Context(), l, noRetry, 1)
	rows, n := run(t.Context(), l, noRetry, 2)
	if !errors.Is(n.Of(rows.At(0)).Err, stages.ErrOutage) || rows.Err() != nil {
		t.Errorf("%v, %v", n.Of(rows.At(0)), rows.Err())
	}
}
