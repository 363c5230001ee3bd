package stages_test

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loaderline/loaderline/stages"
)

func TestACallThatDiesOfSingleKeysIsBisected(t *testing.T) {
	for _, n := range []int{1, 2, 1000, 5000} {
		for _, poison := range []int{0, n / 2, n - 1} {
			t.Run(fmt.Sprintf("%d of %d", poison, n), func(t *testing.T) {
				src := &recorder{answer: func(_ context.Context, _ int, b *stages.Batch[int, int]) error {
					for _, k := range b.Keys {
						if k == poison {
							return stages.WithClass(errors.New("invalid input"), stages.Permanent)
						}
						b.Put(k, 2*k)
					}
					return nil
				}}
				rows, node := run(t.Context(), loader(src, stages.LoaderConfig[int, int]{}), backoff{}, numbers(n)...)
				for row := range rows.All() {
					if r := node.Of(row); (r.State == stages.Failed) != (row.Event() == poison) {
						t.Fatalf("key %d: %v", row.Event(), r)
					}
				}
				if bound := 2*bits.Len(uint(n)) + 2; len(src.seen()) > bound {
					t.Errorf("%d calls, more than %d", len(src.seen()), bound)
				}
			})
		}
	}
}

func TestBisectionIsBounded(t *testing.T) {
	src := &recorder{answer: func(context.Context, int, *stages.Batch[int, int]) error {
		return stages.WithClass(errors.New("all bad"), stages.Permanent)
	}}
	rows, n := run(t.Context(), loader(src, stages.LoaderConfig[int, int]{}), backoff{}, numbers(4000)...)
	if calls := len(src.seen()); calls > 4000/8+2*12+1 {
		t.Errorf("%d calls", calls)
	}
	for _, s := range states(rows, n) {
		if s != stages.Failed {
			t.Fatal(s)
		}
	}
}

// While the breaker is open, only single keys are asked for, to see whether the source responds at all. Here it has not
// responded before, so two of the keys are used in place of a known one.
func TestNoCallIsHalvedWhileTheBreakerIsOpen(t *testing.T) {
	backend := stages.NewBackend(stages.BackendConfig{BreakerFailures: 1, BreakerDelay: time.Hour})
	src := broken(repeat(errAway, 10)...)
	rows, _ := run(t.Context(), loader(src, stages.LoaderConfig[int, int]{Backend: backend}), noRetry, numbers(8)...)
	if !errors.Is(rows.Err(), stages.ErrOutage) {
		t.Errorf("want an outage, got %v", rows.Err())
	}
	calls := src.seen()
	if len(calls) != 3 || len(calls[0]) != 8 || len(calls[1]) != 1 || len(calls[2]) != 1 {
		t.Errorf("calls %v, want all keys and two single ones", calls)
	}
}

// A key is looked for by halves while calls of another loader open the breaker, again and again: it is found, and no half
// is asked for while the breaker is open.
func TestAKeyIsLookedForBesideCallsThatOpenTheBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		backend := stages.NewBackend(stages.BackendConfig{BreakerFailures: 1, BreakerDelay: time.Hour})
		other := loader(&recorder{answer: func(context.Context, int, *stages.Batch[int, int]) error { return errAway }}, stages.LoaderConfig[int, int]{Backend: backend})
		src := &recorder{answer: func(_ context.Context, _ int, b *stages.Batch[int, int]) error {
			if len(b.Keys) > 1 && backend.Stats().Breaker != "closed" {
				t.Errorf("the keys %v were asked for while the breaker was %s", b.Keys, backend.Stats().Breaker)
			}
			time.Sleep(time.Second)
			if slices.Contains(b.Keys, 13) {
				return errAway
			}
			double(b)
			return nil
		}}
		l := loader(src, stages.LoaderConfig[int, int]{Backend: backend})
		run(t.Context(), l, noRetry, 1000) // From now on there is a key to ask for.
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			for ctx.Err() == nil {
				time.Sleep(1700 * time.Millisecond)
				run(ctx, other, noRetry, 1)
			}
		}()
		rows, node := run(t.Context(), l, noRetry, numbers(32)...)
		cancel()
		synctest.Wait()
		time.Sleep(2 * time.Second)
		if rows.Err() != nil {
			t.Fatal(rows.Err())
		}
		for row := range rows.All() {
			if r := node.Of(row); (r.State == stages.Failed) != (row.Event() == 13) {
				t.Errorf("key %d: %v", row.Event(), r)
			}
		}
	})
}
