package stages_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/stages"
)

// single answers calls for one key: answer says how, and nil settles the key.
func single(t *testing.T, answer func(ctx context.Context, key int) error) *recorder {
	t.Helper()
	return &recorder{answer: func(ctx context.Context, _ int, b *stages.Batch[int, int]) error {
		if len(b.Keys) != 1 {
			t.Errorf("a call for the keys %v", b.Keys)
		}
		if err := answer(ctx, b.Keys[0]); err != nil {
			return err
		}
		double(b)
		return nil
	}}
}

func TestACallForEachKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int32
		var observed atomic.Int32
		src := single(t, func(context.Context, int) error {
			most.Store(max(most.Load(), now.Add(1)))
			defer now.Add(-1)
			time.Sleep(time.Second)
			return nil
		})
		// Each call has the timeout for itself.
		backend := stages.NewBackend(stages.BackendConfig{
			MaxCalls: 3, Timeout: 1500 * time.Millisecond, OnCall: func(time.Duration, error) { observed.Add(1) },
		})
		start := time.Now()
		rows, n := run(t.Context(), loader(src, stages.LoaderConfig[int, int]{MaxBatch: 1, Backend: backend}), backoff{}, numbers(95)...)
		if rows.Err() != nil || most.Load() != 3 || time.Since(start) != 32*time.Second {
			t.Errorf("%v, %d at once, in %v", rows.Err(), most.Load(), time.Since(start))
		}
		if calls := rows.Stats()[0].Calls; calls != 95 || observed.Load() != 95 {
			t.Errorf("%d calls are counted and %d are observed", calls, observed.Load())
		}
		for row := range rows.All() {
			if r := n.Of(row); r.Value != 2*row.Event() {
				t.Fatalf("row %v: %v", row.Event(), r)
			}
		}
	})
}

// Whatever is wrong with a key is wrong with that key alone, and takes no call of the others.
func TestACallForEachKeyFailsAlone(t *testing.T) {
	for class, calls := range map[stages.Class]int{
		stages.Permanent: 1,
		// The key is asked for twice, and a known key before, between and after that, since there are no retries.
		stages.Transient: 5,
		stages.Unusable:  5,
	} {
		synctest.Test(t, func(t *testing.T) {
			asked := map[int]int{}
			src := single(t, func(_ context.Context, key int) error {
				if key == 13 {
					return stages.WithClass(errAway, class)
				}
				return nil
			})
			l := loader(src, stages.LoaderConfig[int, int]{MaxBatch: 1, Backend: stages.NewBackend(stages.BackendConfig{MaxCalls: 4})})
			rows, n := run(t.Context(), l, noRetry, numbers(50)...)
			for row := range rows.All() {
				if r := n.Of(row); (row.Event() == 13) != (r.State == stages.Failed) || row.Event() != 13 && r.State != stages.Loaded {
					t.Errorf("class %d: %d is %v: %v", class, row.Event(), r.State, r.Err)
				}
			}
			if rows.Err() != nil {
				t.Errorf("class %d: %v", class, rows.Err())
			}
			total := 0
			for _, keys := range src.seen() {
				asked[keys[0]]++
				total++
			}
			if total-49 != calls {
				t.Errorf("class %d: %d calls beside one for each other key, want %d: %v", class, total-49, calls, asked)
			}
		})
	}
}

// A source that is away is asked for a few keys, and for other ones in each round. No key fails for it.
func TestACallForEachKeyInAnOutage(t *testing.T) {
	for name, retry := range map[string]backoff{"no retries": noRetry, "retries": {Initial: time.Second, MaxElapsed: 20 * time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			src := single(t, func(ctx context.Context, _ int) error {
				<-ctx.Done() // As a source that hangs.
				return ctx.Err()
			})
			backend := stages.NewBackend(stages.BackendConfig{MaxCalls: 4, Timeout: time.Second})
			start := time.Now()
			rows, _ := run(t.Context(), loader(src, stages.LoaderConfig[int, int]{MaxBatch: 1, Backend: backend}), retry, numbers(5000)...)
			if !errors.Is(rows.Err(), stages.ErrOutage) {
				t.Errorf("%s: %v, want an outage", name, rows.Err())
			}
			if took, calls := time.Since(start), len(src.seen()); took > time.Minute || calls > 200 {
				t.Errorf("%s: %d calls in %v", name, calls, took)
			}
		})
	}
}

// A fatal error ends the run at once.
func TestACallForEachKeyEndsAtAFatalError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := single(t, func(_ context.Context, key int) error {
			if key == 5 {
				return stages.WithClass(errAway, stages.Fatal)
			}
			time.Sleep(time.Second)
			return nil
		})
		rows, _ := run(t.Context(), loader(src, stages.LoaderConfig[int, int]{MaxBatch: 1}), backoff{}, numbers(1000)...)
		if calls := len(src.seen()); !errors.Is(rows.Err(), stages.ErrFatal) || calls > 12 {
			t.Errorf("%v after %d calls", rows.Err(), calls)
		}
	})
}

// A source that fails for many keys in a row hides no other key: each round begins where the last one has ended.
func TestACallForEachKeyComesToAllKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := single(t, func(_ context.Context, key int) error {
			if key < 10 {
				return errAway
			}
			return nil
		})
		retry := backoff{Initial: time.Second, Max: time.Second, MaxElapsed: 10 * time.Second}
		rows, n := run(t.Context(), loader(src, stages.LoaderConfig[int, int]{MaxBatch: 1}), retry, numbers(400)...)
		want := slices.Concat(slices.Repeat([]stages.State{stages.Failed}, 10), slices.Repeat([]stages.State{stages.Loaded}, 390))
		if diff := cmp.Diff(want, states(rows, n)); rows.Err() != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", rows.Err(), diff)
		}
	})
}

// A call that nobody waits for any more ends, and so does the round.
func TestACallForEachKeyHeedsContexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		src := single(t, func(context.Context, int) error {
			time.Sleep(time.Second)
			return nil
		})
		rows, _ := run(ctx, loader(src, stages.LoaderConfig[int, int]{MaxBatch: 1}), backoff{}, numbers(100)...)
		synctest.Wait()
		if calls := fmt.Sprint(len(src.seen())); !errors.Is(rows.Err(), context.DeadlineExceeded) || calls != "8" {
			t.Errorf("%v after %s calls", rows.Err(), calls)
		}
		time.Sleep(time.Minute)
		if calls := len(src.seen()); calls != 8 {
			t.Errorf("%d calls in the end", calls)
		}
	})
}
