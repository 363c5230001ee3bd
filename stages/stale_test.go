package stages_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loaderline/loaderline/internal/loadcache"
	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages"
)

// staleWorld has a source that can be away, and in memory what it gave for 1, 2 and the missing 9, 35 s past its time.
type staleWorld struct {
	src    *recorder
	away   bool
	memory *resultcache.Memory
	view   *resultcache.View[int, int]
	loader *stages.Loader[int, int]
}

// newStaleWorld leaves the source away.
func newStaleWorld(t *testing.T) *staleWorld {
	t.Helper()
	memory, err := resultcache.New(resultcache.MemoryConfig{MaxBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(memory.Close)
	w := &staleWorld{memory: memory}
	w.view = resultcache.For(memory, resultcache.ViewConfig[int, int]{TTL: time.Minute, NegativeTTL: time.Minute, Jitter: -1, StaleIfError: time.Hour})
	w.src = &recorder{answer: func(_ context.Context, call int, b *stages.Batch[int, int]) error {
		if w.away {
			return errAway
		}
		for _, k := range b.Keys {
			if k != 9 {
				b.Put(k, call)
			}
		}
		return nil
	}}
	w.loader = loader(w.src, stages.LoaderConfig[int, int]{Cache: loadcache.Seal(w.view)})
	w.load(t, 1, 2, 9)
	time.Sleep(95 * time.Second)
	w.away = true
	return w
}

func (w *staleWorld) load(t *testing.T, keys ...int) (*stages.Rows[int], []stages.Result[int]) {
	t.Helper()
	rows, n := run(t.Context(), w.loader, backoff{MaxElapsed: -1}, keys...)
	var got []stages.Result[int]
	for row := range rows.All() {
		got = append(got, n.Of(row))
	}
	return rows, got
}

func TestStaleIfError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newStaleWorld(t)
		// What is known is served with its age; nothing waits for the retries.
		rows, got := w.load(t, 1, 2)
		if rows.Err() != nil || got[0].Value != 1 || got[0].State != stages.Loaded || !got[0].Stale || got[0].Age != 95*time.Second {
			t.Errorf("%+v, %v", got, rows.Err())
		}
		if s := rows.Stats()[0]; s.Hit != 2 || s.Failed != 0 {
			t.Errorf("%+v", s)
		}
		// A key that is not known keeps the whole run waiting, and so does one that was missing: that is no value.
		for _, unknown := range []int{3, 9} {
			rows, _ = w.load(t, 1, unknown)
			if !errors.Is(rows.Err(), stages.ErrOutage) {
				t.Errorf("key %d: %v", unknown, rows.Err())
			}
		}
		// An invalidated value is never served.
		w.view.Invalidate(t.Context(), 2)
		if rows, _ = w.load(t, 2); rows.Err() == nil {
			t.Error("an invalidated value was served")
		}
	})
}

// What is missing is a value where the loader says so, as for empty lists.
func TestStaleMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newStaleWorld(t)
		lists := loader(w.src, stages.LoaderConfig[int, int]{Cache: loadcache.Seal(resultcache.For(w.memory, resultcache.ViewConfig[int, int]{
			Loader: "lists", TTL: time.Minute, NegativeTTL: time.Second, Jitter: -1, StaleIfError: time.Hour, StaleMissing: true,
		}))})
		w.away = false
		run(t.Context(), lists, backoff{}, 9)
		w.away = true
		time.Sleep(5 * time.Second)
		empty, n := run(t.Context(), lists, backoff{MaxElapsed: -1}, 9)
		if r := n.Of(empty.At(0)); empty.Err() != nil || r.State != stages.Missing || !r.Stale || r.Age != 5*time.Second {
			t.Errorf("%+v, %v", r, empty.Err())
		}
	})
}

func TestStaleValuesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newStaleWorld(t)
		if rows, got := w.load(t, 1); rows.Err() != nil || !got[0].Stale {
			t.Fatalf("%+v, %v", got, rows.Err())
		}
		// Fresh at once when the source is back, and never as old as new: the stale value was not cached again.
		w.away = false
		if _, got := w.load(t, 1); got[0].Value == 1 || got[0].Stale {
			t.Errorf("%+v", got[0])
		}
		// Beyond the bound nothing is served.
		w.away = true
		time.Sleep(62 * time.Minute)
		if rows, _ := w.load(t, 1); rows.Err() == nil {
			t.Error("a value beyond the bound was served")
		}
	})
}

// A database that is away for 20 s, longer than any value is fresh: every batch has what is known, marked with its age,
// and within one TTL after its return all is fresh again.
func TestAnOutageIsBridgedByStaleValues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const ttl, every = time.Second, 100 * time.Millisecond
		var away atomic.Bool
		src := &recorder{answer: func(_ context.Context, _ int, b *stages.Batch[int, int]) error {
			if away.Load() {
				return errAway
			}
			double(b)
			return nil
		}}
		l := loader(src, stages.LoaderConfig[int, int]{Cache: loadcache.Seal(resultcache.For(newMemory(t), resultcache.ViewConfig[int, int]{
			TTL: ttl, StaleIfError: time.Hour,
		}))})
		// batch says how many of the values that all must have are stale.
		batch := func() (stale int) {
			rows, n := run(t.Context(), l, backoff{}, numbers(100)...)
			if rows.Err() != nil {
				t.Fatal(rows.Err())
			}
			for row := range rows.All() {
				r := n.Of(row)
				if r.State != stages.Loaded || r.Value != 2*row.Event() {
					t.Fatalf("key %d: %+v", row.Event(), r)
				}
				if r.Stale {
					stale++
				}
			}
			return stale
		}
		batch()
		away.Store(true)
		for at := time.Duration(0); at < 20*time.Second; at += every {
			if stale := batch(); stale != 0 && at < ttl/2 || stale != 100 && at >= ttl {
				t.Errorf("%v after the source has gone %d of 100 values are stale", at, stale)
			}
			time.Sleep(every)
		}
		away.Store(false)
		time.Sleep(ttl)
		if stale := batch(); stale != 0 {
			t.Errorf("%d of 100 values are stale when the source is back", stale)
		}
	})
}
