package stages_test

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/stages"
)

var errAway = errors.New("connection refused")

func run(ctx context.Context, l *stages.Loader[int, int], retry stages.Retry, events ...int) (*stages.Rows[int], stages.Node[int, int]) {
	plan := stages.Plan[int]{Retry: retry}
	n := stages.One(&plan, l, stages.By(&plan, self))
	return plan.Run(ctx, events), n
}

func numbers(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func TestMaxBatchSplitsAndMaxCallsBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int32
		src := &recorder{answer: func(_ context.Context, _ int, b *stages.Batch[int, int]) error {
			most.Store(max(most.Load(), now.Add(1)))
			defer now.Add(-1)
			time.Sleep(time.Second)
			double(b)
			return nil
		}}
		l := loader(src, stages.LoaderConfig[int, int]{MaxBatch: 10, Backend: stages.NewBackend(stages.BackendConfig{MaxCalls: 3})})
		start := time.Now()
		rows, n := run(t.Context(), l, stages.Retry{}, numbers(95)...)
		if len(src.seen()) != 10 || most.Load() != 3 || time.Since(start) != 4*time.Second {
			t.Errorf("%d calls, %d at once, in %v", len(src.seen()), most.Load(), time.Since(start))
		}
		for row := range rows.All() {
			if r := n.Of(row); r.Value != 2*row.Event() {
				t.Fatalf("row %d: %v", row.Index(), r)
			}
		}
	})
}

func TestOnlyUnsettledKeysAreTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &recorder{answer: func(_ context.Context, call int, b *stages.Batch[int, int]) error {
			switch call {
			case 1:
				b.Put(1, 1)
				b.Miss(2)
				return errAway
			case 2:
				return stages.KeyErrors[int]{3: stages.AsPermanent(errors.New("poison")), 4: errAway}
			}
			double(b)
			return nil
		}}
		rows, n := run(t.Context(), loader(src, stages.LoaderConfig[int, int]{}), stages.Retry{}, 1, 2, 3, 4, 5)
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
		rows, _ := run(t.Context(), loader(src, stages.LoaderConfig[int, int]{Name: "user", Backend: backend}), stages.Retry{MaxElapsed: 10 * time.Second}, 1, 2)
		outage, ok := errors.AsType[*stages.OutageError](rows.Err())
		if !ok || outage.Backend != backend || !errors.Is(outage, errAway) {
			t.Fatalf("Err = %v", rows.Err())
		}
		if took := time.Since(start); took > 10*time.Second || len(src.seen()) < 4 {
			t.Errorf("%d calls in %v", len(src.seen()), took)
		}
	})
}

// While other keys of the backend are answered, keys that time out again and again are at fault themselves.
func TestKeysThatFailWhileOthersAreAnsweredFailAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		backend := stages.NewBackend(stages.BackendConfig{Timeout: time.Second})
		slow := &recorder{answer: func(ctx context.Context, _ int, _ *stages.Batch[int, int]) error {
			<-ctx.Done()
			return ctx.Err()
		}}
		quick := &recorder{}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			other := loader(quick, stages.LoaderConfig[int, int]{Backend: backend})
			for ctx.Err() == nil {
				other.Load(ctx, 1)
				time.Sleep(100 * time.Millisecond)
			}
		}()
		rows, n := run(t.Context(), loader(slow, stages.LoaderConfig[int, int]{Backend: backend}), stages.Retry{MaxElapsed: 5 * time.Second}, 1)
		stop()
		<-done
		if err := rows.Err(); err != nil {
			t.Errorf("an outage was seen: %v", err)
		}
		err := n.Of(rows.At(0)).Err
		if timeout, ok := errors.AsType[*stages.TimeoutError](err); !ok || timeout.After != time.Second {
			t.Errorf("%v", err)
		}
	})
}

// A backend that comes back between two tries answers others during the first alone: the keys get one more.
func TestABackendThatComesBackAtTheEndCondemnsNoKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		backend := stages.NewBackend(stages.BackendConfig{})
		other := loader(&recorder{}, stages.LoaderConfig[int, int]{Backend: backend})
		src := &recorder{answer: func(ctx context.Context, call int, b *stages.Batch[int, int]) error {
			if call == 1 {
				other.Load(ctx, 1)
				return errAway
			}
			double(b)
			return nil
		}}
		rows, n := run(t.Context(), loader(src, stages.LoaderConfig[int, int]{Backend: backend}), stages.Retry{MaxElapsed: -1}, 1)
		if r := n.Of(rows.At(0)); r.State != stages.Loaded || rows.Err() != nil {
			t.Errorf("%v, %v", r, rows.Err())
		}
	})
}

func TestFatalErrorsFailTheRun(t *testing.T) {
	src := &recorder{answer: func(context.Context, int, *stages.Batch[int, int]) error {
		return stages.AsFatal(errors.New("no such table"))
	}}
	rows, _ := run(t.Context(), loader(src, stages.LoaderConfig[int, int]{}), stages.Retry{}, numbers(100)...)
	if _, ok := errors.AsType[*stages.FatalError](rows.Err()); !ok || len(src.seen()) != 1 {
		t.Errorf("%v after %d calls", rows.Err(), len(src.seen()))
	}
}

func TestACallThatDiesOfSingleKeysIsBisected(t *testing.T) {
	for _, n := range []int{1, 2, 1000, 5000} {
		for _, poison := range []int{0, n / 2, n - 1} {
			t.Run(fmt.Sprintf("%d of %d", poison, n), func(t *testing.T) {
				src := &recorder{answer: func(_ context.Context, _ int, b *stages.Batch[int, int]) error {
					for _, k := range b.Keys {
						if k == poison {
							return stages.AsPermanent(errors.New("invalid input"))
						}
						b.Put(k, 2*k)
					}
					return nil
				}}
				rows, node := run(t.Context(), loader(src, stages.LoaderConfig[int, int]{}), stages.Retry{}, numbers(n)...)
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
		return stages.AsPermanent(errors.New("all bad"))
	}}
	rows, n := run(t.Context(), loader(src, stages.LoaderConfig[int, int]{}), stages.Retry{}, numbers(4000)...)
	if calls := len(src.seen()); calls > 4000/8+2*12+1 {
		t.Errorf("%d calls", calls)
	}
	for _, s := range states(rows, n) {
		if s != stages.Failed {
			t.Fatal(s)
		}
	}
}

func TestAPanicFailsItsKeysOnly(t *testing.T) {
	for name, end := range map[string]func(){"panic": func() { panic("boom") }, "Goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			src := &recorder{answer: func(_ context.Context, _ int, b *stages.Batch[int, int]) error {
				for _, k := range b.Keys {
					if k == 3 {
						end()
					}
				}
				double(b)
				return nil
			}}
			rows, n := run(t.Context(), loader(src, stages.LoaderConfig[int, int]{}), stages.Retry{}, numbers(8)...)
			for row := range rows.All() {
				r := n.Of(row)
				if _, panicked := errors.AsType[*stages.PanicError](r.Err); panicked != (row.Event() == 3) {
					t.Errorf("key %d: %v", row.Event(), r)
				}
			}
		})
	}
}

func TestTheContextEndsARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &recorder{answer: func(ctx context.Context, _ int, _ *stages.Batch[int, int]) error {
			<-ctx.Done()
			return ctx.Err()
		}}
		cause := errors.New("a rebalance waits")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(cause) })
		start := time.Now()
		rows, n := run(ctx, loader(src, stages.LoaderConfig[int, int]{}), stages.Retry{}, 1)
		if !errors.Is(rows.Err(), cause) || time.Since(start) != time.Second || n.Of(rows.At(0)).State != stages.Failed {
			t.Errorf("%v after %v", rows.Err(), time.Since(start))
		}
	})
}

func TestWhatAContextEndsWhileItWaitsIsNoOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &recorder{answer: func(context.Context, int, *stages.Batch[int, int]) error { return errAway }}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		rows, _ := run(ctx, loader(src, stages.LoaderConfig[int, int]{}), stages.Retry{}, 1)
		if !errors.Is(rows.Err(), context.Canceled) {
			t.Errorf("%v", rows.Err())
		}
	})
}

func TestLoadAnswersOutsideOfAPlan(t *testing.T) {
	src := &recorder{}
	got := loader(src, stages.LoaderConfig[int, int]{}).Load(t.Context(), 1, 2, 1)
	if got[1].Value != 2 || got[2].Value != 4 || len(got) != 2 || len(src.seen()[0]) != 2 {
		t.Errorf("%v by %v", got, src.seen())
	}
}

func TestExtraAnswersAreCounted(t *testing.T) {
	src := &recorder{answer: func(_ context.Context, _ int, b *stages.Batch[int, int]) error {
		double(b)
		if b.Put(99, 1) {
			t.Error("99 was not asked for")
		}
		return nil
	}}
	rows, _ := run(t.Context(), loader(src, stages.LoaderConfig[int, int]{}), stages.Retry{}, 1)
	if s := rows.Stats()[0]; s.Calls.Extra != 1 || s.Loaded != 1 {
		t.Errorf("%+v", s)
	}
}

func TestConvertedValuesKeepTheirOutcomes(t *testing.T) {
	src := &recorder{answer: func(_ context.Context, call int, b *stages.Batch[int, int]) error {
		if call == 1 {
			b.Put(1, 10)
			b.Put(9, 90)
			return errAway
		}
		b.Put(2, 20)
		return stages.KeyErrors[int]{3: stages.AsPermanent(errors.New("poison"))}
	}}
	odd := errors.New("unlucky")
	l := stages.NewLoader(stages.Convert(src, func(v int) (string, error) {
		if v == 20 {
			return "", odd
		}
		return fmt.Sprint(v), nil
	}), stages.LoaderConfig[int, string]{})
	got := l.Load(t.Context(), 1, 2, 3, 4)
	if diff := cmp.Diff([][]int{{1, 2, 3, 4}, {2, 3, 4}}, src.seen()); diff != "" {
		t.Error(diff)
	}
	if got[1].Value != "10" || !errors.Is(got[2].Err, odd) || got[3].State != stages.Failed || got[4].State != stages.Missing {
		t.Errorf("%v", got)
	}
}
