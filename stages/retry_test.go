package stages_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/loaderr"
	"github.com/loaderline/loaderline/stages"
)

func TestOnlyUnsettledKeysAreTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &recorder{answer: func(_ context.Context, call int, b *stages.Batch[int, int]) error {
			switch call {
			case 1:
				b.Put(1, 1)
				b.Set(slices.Index(b.Keys, 2), stages.Result[int]{})
				return errAway
			case 2:
				return stages.KeyErrors[int]{3: stages.WithClass(errors.New("poison"), stages.Permanent), 4: errAway}
			}
			double(b)
			return nil
		}}
		rows, n := run(t.Context(), loader(src, stages.LoaderConfig[int, int]{}), backoff{}, 1, 2, 3, 4, 5)
		if diff := cmp.Diff([][]int{{1, 2, 3, 4, 5}, {3, 4, 5}, {4}}, src.seen()); diff != "" {
			t.Error(diff)
		}
		want := []stages.State{stages.Loaded, stages.Missing, stages.Failed, stages.Loaded, stages.Missing}
		if diff := cmp.Diff(want, states(rows, n)); diff != "" {
			t.Error(diff)
		}
		if err := rows.Err(); err != nil {
			t.Error(err)
		}
	})
}

func TestAnOutageCondemnsNoKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &recorder{answer: func(context.Context, int, *stages.Batch[int, int]) error { return errAway }}
		backend := stages.NewBackend(stages.BackendConfig{Name: "shop"})
		start := time.Now()
		rows, _ := run(t.Context(), loader(src, stages.LoaderConfig[int, int]{Name: "user", Backend: backend}), backoff{MaxElapsed: 10 * time.Second}, 1, 2)
		outage, ok := errors.AsType[*loaderr.OutageError](rows.Err())
		if !ok || outage.Source != "shop" || outage.Loader != "user" || !errors.Is(outage, stages.ErrOutage) || !errors.Is(outage, errAway) {
			t.Fatalf("Err = %v", rows.Err())
		}
		if took := time.Since(start); took > 10*time.Second || len(src.seen()) < 4 {
			t.Errorf("%d calls in %v", len(src.seen()), took)
		}
	})
}

// A key that is never answered while others are is found and fails alone, also where the calls die as a whole.
func TestAKeyThatIsNeverAnsweredFailsAlone(t *testing.T) {
	for _, n := range []int{2, 5, 100} {
		synctest.Test(t, func(t *testing.T) {
			const slow = 1
			src := &recorder{answer: func(ctx context.Context, _ int, b *stages.Batch[int, int]) error {
				if slices.Contains(b.Keys, slow) {
					<-ctx.Done()
					return ctx.Err()
				}
				double(b)
				return nil
			}}
			backend := stages.NewBackend(stages.BackendConfig{Timeout: time.Second})
			rows, node := run(t.Context(), loader(src, stages.LoaderConfig[int, int]{Backend: backend}), backoff{MaxElapsed: 5 * time.Second}, numbers(n)...)
			if err := rows.Err(); err != nil {
				t.Fatalf("%d keys: %v", n, err)
			}
			for row := range rows.All() {
				r := node.Of(row)
				timedOut := errors.Is(r.Err, context.DeadlineExceeded)
				if timedOut != (row.Event() == slow) || r.State == stages.Loaded == timedOut {
					t.Errorf("%d keys: key %d is %v, %v", n, row.Event(), r.State, r.Err)
				}
			}
		})
	}
}

// It fails alone too where it comes alone, once the source has answered anything before.
func TestAKeyThatIsNeverAnsweredFailsWhereItComesAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &recorder{answer: func(_ context.Context, _ int, b *stages.Batch[int, int]) error {
			if slices.Contains(b.Keys, 1) {
				return errAway
			}
			double(b)
			return nil
		}}
		l := loader(src, stages.LoaderConfig[int, int]{})
		if rows, _ := run(t.Context(), l, backoff{}, 1); rows.Err() == nil {
			t.Error("a source that has never answered is taken for one that does")
		}
		run(t.Context(), l, backoff{}, 2)
		rows, n := run(t.Context(), l, backoff{}, 1)
		if err := n.Of(rows.At(0)).Err; rows.Err() != nil || !errors.Is(err, errAway) {
			t.Errorf("%v, %v", rows.Err(), err)
		}
	})
}

// A lock on one table is an outage of that stage, whatever else the database returns meanwhile.
func TestAnotherLoadersAnswersCondemnNoKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		backend := stages.NewBackend(stages.BackendConfig{Timeout: time.Second})
		locked := false
		src := &recorder{answer: func(ctx context.Context, _ int, b *stages.Batch[int, int]) error {
			if locked {
				<-ctx.Done()
				return ctx.Err()
			}
			double(b)
			return nil
		}}
		l := loader(src, stages.LoaderConfig[int, int]{Backend: backend})
		run(t.Context(), l, backoff{}, 1)
		locked = true
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			other := loader(&recorder{}, stages.LoaderConfig[int, int]{Backend: backend})
			for ctx.Err() == nil {
				other.Load(ctx, 1)
				time.Sleep(100 * time.Millisecond)
			}
		}()
		rows, _ := run(t.Context(), l, backoff{MaxElapsed: 5 * time.Second}, 1, 2, 3)
		stop()
		<-done
		if !errors.Is(rows.Err(), stages.ErrOutage) {
			t.Errorf("%v", rows.Err())
		}
	})
}

// A backend that comes back just when the retries have ended condemns nobody.
func TestABackendThatComesBackAtTheEndCondemnsNoKey(t *testing.T) {
	for failures := 1; failures <= 4; failures++ {
		synctest.Test(t, func(t *testing.T) {
			src := &recorder{}
			l := loader(src, stages.LoaderConfig[int, int]{})
			run(t.Context(), l, backoff{}, 9)
			src.answer = func(_ context.Context, call int, b *stages.Batch[int, int]) error {
				if call <= 1+failures {
					return errAway
				}
				double(b)
				return nil
			}
			rows, n := run(t.Context(), l, backoff{MaxElapsed: -1}, 1, 2)
			if rows.Err() != nil {
				return // an outage: nobody is condemned
			}
			for _, s := range states(rows, n) {
				if s != stages.Loaded {
					t.Errorf("after %d failures: %v", failures, s)
				}
			}
		})
	}
}

func TestWhatAContextEndsWhileItWaitsIsNoOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &recorder{answer: func(context.Context, int, *stages.Batch[int, int]) error { return errAway }}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		rows, _ := run(ctx, loader(src, stages.LoaderConfig[int, int]{}), backoff{}, 1)
		if !errors.Is(rows.Err(), context.Canceled) {
			t.Errorf("%v", rows.Err())
		}
	})
}
