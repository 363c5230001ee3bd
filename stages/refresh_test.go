package stages_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/loadcache"
	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages"
)

// refreshed is a loader whose values are good for 100 s and due after 80 s; a value is the number of the call that
// brought it, which takes a second. It fails while away.
type refreshed struct {
	*stages.Loader[int, int]
	src   *recorder
	view  *resultcache.View[int, int]
	away  atomic.Bool
	calls atomic.Int64 // as the backend counts them
}

func newRefreshed(t *testing.T) *refreshed {
	t.Helper()
	r := &refreshed{view: resultcache.For(newMemory(t), resultcache.ViewConfig[int, int]{
		TTL: 100 * time.Second, NegativeTTL: 100 * time.Second, RefreshAfter: 0.8, Jitter: -1,
	})}
	r.src = &recorder{answer: func(ctx context.Context, call int, b *stages.Batch[int, int]) error {
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return ctx.Err()
		}
		if r.away.Load() {
			return errAway
		}
		for _, k := range b.Keys {
			b.Put(k, call)
		}
		return nil
	}}
	r.Loader = loader(r.src, stages.LoaderConfig[int, int]{
		Cache: loadcache.Seal(r.view), MaxBatch: 10,
		Backend: stages.NewBackend(stages.BackendConfig{MaxCalls: 1, OnCall: func(time.Duration, error) { r.calls.Add(1) }}),
	})
	t.Cleanup(r.Close)
	return r
}

// values are what a batch is given, and it must be given them at once.
func (r *refreshed) values(t *testing.T, keys ...int) []int {
	t.Helper()
	start := time.Now()
	rows, n := run(t.Context(), r.Loader, backoff{MaxElapsed: -1}, keys...)
	if rows.Err() != nil || time.Since(start) > 0 {
		t.Errorf("%v after %v", rows.Err(), time.Since(start))
	}
	var got []int
	for row := range rows.All() {
		if n.Of(row).Stale {
			t.Errorf("key %d is stale", row.Event())
		}
		got = append(got, n.Of(row).Value)
	}
	return got
}

func (r *refreshed) wantCalls(t *testing.T, want ...[]int) {
	t.Helper()
	got := r.src.seen()
	for _, keys := range got {
		slices.Sort(keys)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if n := int(r.calls.Load()); n != len(want) {
		t.Errorf("the backend has counted %d calls", n)
	}
}

func TestWhatIsDueIsServedAndLoadedAnewInBulk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRefreshed(t)
		r.Load(t.Context(), 1, 2, 3, 4)
		time.Sleep(79 * time.Second)
		r.values(t, 1, 2, 3)
		time.Sleep(time.Second)
		for range 3 { // several batches at once
			if diff := cmp.Diff([]int{1, 1, 1}, r.values(t, 1, 2, 3)); diff != "" {
				t.Error(diff)
			}
		}
		time.Sleep(time.Second)
		synctest.Wait()
		// 4 is due too, and nobody has asked for it.
		r.wantCalls(t, []int{1, 2, 3, 4}, []int{1, 2, 3})
		time.Sleep(50 * time.Second)
		if diff := cmp.Diff([]int{2, 2, 2}, r.values(t, 1, 2, 3)); diff != "" {
			t.Error(diff)
		}
		synctest.Wait()
		r.wantCalls(t, []int{1, 2, 3, 4}, []int{1, 2, 3})
	})
}

// What becomes due during a refresh is loaded by the next one, together, and no key by both.
func TestThereIsOneRefreshAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRefreshed(t)
		r.Load(t.Context(), 1, 2, 3, 4, 5)
		time.Sleep(85 * time.Second)
		r.values(t, 1)
		synctest.Wait()
		r.values(t, 1, 2)
		r.values(t, 1, 2, 3)
		r.values(t, 3, 4)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		r.wantCalls(t, []int{1, 2, 3, 4, 5}, []int{1}, []int{2, 3, 4})
	})
}

func TestARefreshWaitsForItsTurnAtTheBackend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRefreshed(t)
		r.Load(t.Context(), 1)
		time.Sleep(85 * time.Second)
		go r.Load(t.Context(), 7)
		synctest.Wait()
		r.values(t, 1)
		synctest.Wait()
		if n := len(r.src.seen()); n != 2 {
			t.Errorf("%d calls, and MaxCalls is 1", n)
		}
		time.Sleep(3 * time.Second)
		r.wantCalls(t, []int{1}, []int{7}, []int{1})
	})
}

// A refresh that fails is tried again after a while, not at each batch; nobody's run fails, and the value lives no longer.
func TestAFailedRefreshIsNobodysFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRefreshed(t)
		r.Load(t.Context(), 1)
		r.away.Store(true)
		time.Sleep(79 * time.Second)
		for range 180 {
			if diff := cmp.Diff([]int{1}, r.values(t, 1)); diff != "" {
				t.Error(diff)
			}
			time.Sleep(100 * time.Millisecond)
		}
		if n := len(r.src.seen()); n < 3 || n > 9 {
			t.Errorf("%d calls in 17 s", n)
		}
		time.Sleep(5 * time.Second)
		rows, _ := run(t.Context(), r.Loader, backoff{MaxElapsed: -1}, 1)
		if rows.Err() == nil {
			t.Error("the value outlived its time")
		}
	})
}

// A run that joins a refresh that fails has its own retries.
func TestWhoJoinsAFailedRefreshLoadsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRefreshed(t)
		r.Load(t.Context(), 1)
		time.Sleep(99500 * time.Millisecond)
		r.away.Store(true)
		r.values(t, 1)
		time.Sleep(600 * time.Millisecond) // It has expired, and is being loaded.
		done := make(chan struct{})
		go func() {
			defer close(done)
			rows, n := run(t.Context(), r.Loader, backoff{}, 1)
			if got := n.Of(rows.At(0)); rows.Err() != nil || got.Value != 3 {
				t.Errorf("%+v, %v", got, rows.Err())
			}
			if s := rows.Stats()[0]; s.Loaded != 1 || s.Calls != 1 {
				t.Errorf("%+v", s)
			}
		}()
		time.Sleep(time.Second)
		r.away.Store(false)
		<-done
	})
}

func TestARefreshBringsNoInvalidatedValue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRefreshed(t)
		r.Load(t.Context(), 1, 2)
		time.Sleep(85 * time.Second)
		r.values(t, 1, 2)
		synctest.Wait()
		r.view.Invalidate(t.Context(), 1)
		time.Sleep(time.Second)
		synctest.Wait()
		var kept []int
		r.view.Get(t.Context(), []int{1, 2}, func(i int, r stages.Result[int], _ bool) { kept = append(kept, i+1, r.Value) })
		if diff := cmp.Diff([]int{2, 2}, kept); diff != "" {
			t.Errorf("kept keys and values (-want +got):\n%s", diff)
		}
	})
}

func TestCloseEndsARefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRefreshed(t)
		r.Load(t.Context(), 1)
		time.Sleep(85 * time.Second)
		r.values(t, 1)
		synctest.Wait()
		start := time.Now()
		r.Close()
		if time.Since(start) > 0 {
			t.Errorf("it took %v", time.Since(start))
		}
		r.values(t, 1)
		synctest.Wait()
		r.wantCalls(t, []int{1}, []int{1})
	})
}
