package stages_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/loadcache"
	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages"
)

// late is a source whose key k has a value from second k on, and not before.
func late() *recorder {
	start := time.Now()
	return &recorder{answer: func(_ context.Context, _ int, b *stages.Batch[int, int]) error {
		for _, k := range b.Keys {
			if time.Since(start) >= time.Duration(k)*time.Second {
				b.Put(k, 2*k)
			}
		}
		return nil
	}}
}

// everySecond has a try each second, within a tenth of it.
var everySecond = backoff{Initial: time.Second, Max: time.Second, MaxElapsed: 10 * time.Second}

func TestRowsThatComeLateAreWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory, err := resultcache.New(resultcache.MemoryConfig{MaxBytes: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		defer memory.Close()
		view := resultcache.For(memory, resultcache.ViewConfig[int, int]{TTL: time.Hour, NegativeTTL: time.Hour})
		// That the keys are known to be missing is no answer.
		view.Set(t.Context(), view.Get(t.Context(), nil, nil), []int{2, 4}, make([]stages.Result[int], 2))
		src := late()
		l := loader(src, stages.LoaderConfig[int, int]{Cache: loadcache.Seal(view), RetryMissing: true})
		rows, n := run(t.Context(), l, everySecond, 0, 2, 4, 2)
		for row := range rows.All() {
			if r := n.Of(row); r.Value != 2*row.Event() || r.State != stages.Loaded {
				t.Errorf("key %d: %v", row.Event(), r)
			}
		}
		// One call a round, for all keys that are missing and for no other.
		calls := src.seen()
		if diff := cmp.Diff([][]int{{0, 2, 4}, {2, 4}}, calls[:2]); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]int{4}, calls[len(calls)-1]); diff != "" || len(calls) > 10 {
			t.Errorf("%v", calls)
		}
		if s := rows.Stats()[0]; s.Loaded != 3 || s.Calls != len(calls) {
			t.Errorf("%+v", s)
		}
	})
}

func TestRowsThatNeverComeAreMissingWhenTheRetriesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := late()
		l := loader(src, stages.LoaderConfig[int, int]{RetryMissing: true})
		start := time.Now()
		rows, n := run(t.Context(), l, everySecond, 0, 1000)
		if took := time.Since(start); took < 8*time.Second || took > 10*time.Second {
			t.Errorf("gave up after %v", took)
		}
		if diff := cmp.Diff([]stages.State{stages.Loaded, stages.Missing}, states(rows, n)); diff != "" || rows.Err() != nil {
			t.Errorf("%v %s", rows.Err(), diff)
		}
		if s := rows.Stats()[0]; s.Missing != 1 || s.Loaded != 1 {
			t.Errorf("%+v", s)
		}
		before := len(src.seen())
		if rows, n = run(t.Context(), l, backoff{MaxElapsed: -1}, 1000); n.Of(rows.At(0)).State != stages.Missing || len(src.seen()) != before+1 {
			t.Errorf("%d calls without retries", len(src.seen())-before)
		}
	})
}

// A run that waits for a row holds up no other batch, and runs that wait for the same row make no calls.
func TestWaitingForARowHoldsUpNoOtherBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := late()
		answer := src.answer
		src.answer = func(ctx context.Context, call int, b *stages.Batch[int, int]) error {
			time.Sleep(500 * time.Millisecond)
			return answer(ctx, call, b)
		}
		l := loader(src, stages.LoaderConfig[int, int]{RetryMissing: true})
		first := make(chan time.Duration)
		go func() {
			start := time.Now()
			run(t.Context(), l, everySecond, 0, 5)
			first <- time.Since(start)
		}()
		synctest.Wait()
		start := time.Now()
		if rows, n := run(t.Context(), l, everySecond, 0); n.Of(rows.At(0)).State != stages.Loaded || time.Since(start) != 500*time.Millisecond {
			t.Errorf("key 0 took %v", time.Since(start))
		}
		if took := <-first; took < 5*time.Second {
			t.Errorf("key 5 took %v", took)
		}
		if calls := src.seen(); calls[0][0] != 0 || len(calls[1]) != 1 {
			t.Errorf("%v", calls)
		}
	})
}

func TestWaitingForARowEndsWithItsContextAndWithAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &recorder{answer: func(_ context.Context, call int, _ *stages.Batch[int, int]) error {
			if call > 1 {
				return errAway
			}
			return nil
		}}
		rows, _ := run(t.Context(), loader(src, stages.LoaderConfig[int, int]{RetryMissing: true}), everySecond, 1)
		if !errors.Is(rows.Err(), stages.ErrOutage) {
			t.Errorf("%v", rows.Err())
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		rows, n := run(ctx, loader(late(), stages.LoaderConfig[int, int]{RetryMissing: true}), everySecond, 1000)
		if r := n.Of(rows.At(0)); !errors.Is(rows.Err(), context.DeadlineExceeded) || r.State != stages.Failed {
			t.Errorf("%v, %v", r, rows.Err())
		}
	})
}
