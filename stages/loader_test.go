package stages_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/stages"
)

var errAway = errors.New("connection refused")

// backoff is that of a plan.
type backoff struct{ Initial, Max, MaxElapsed time.Duration }

func (b backoff) plan() stages.Plan[int] {
	return stages.Plan[int]{InitialBackoff: b.Initial, MaxBackoff: b.Max, MaxElapsed: b.MaxElapsed}
}

func run(ctx context.Context, l *stages.Loader[int, int], b backoff, events ...int) (*stages.Rows[int], stages.Node[int, int]) {
	plan := b.plan()
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
		rows, n := run(t.Context(), l, backoff{}, numbers(95)...)
		if len(src.seen()) != 10 || most.Load() != 3 || time.Since(start) != 4*time.Second {
			t.Errorf("%d calls, %d at once, in %v", len(src.seen()), most.Load(), time.Since(start))
		}
		for row := range rows.All() {
			if r := n.Of(row); r.Value != 2*row.Event() {
				t.Fatalf("row %v: %v", row.Event(), r)
			}
		}
	})
}

func TestFatalErrorsFailTheRun(t *testing.T) {
	src := &recorder{answer: func(context.Context, int, *stages.Batch[int, int]) error {
		return stages.WithClass(errors.New("no such table"), stages.Fatal)
	}}
	rows, _ := run(t.Context(), loader(src, stages.LoaderConfig[int, int]{}), backoff{}, numbers(100)...)
	if !errors.Is(rows.Err(), stages.ErrFatal) || len(src.seen()) != 1 {
		t.Errorf("%v after %d calls", rows.Err(), len(src.seen()))
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
			rows, n := run(t.Context(), loader(src, stages.LoaderConfig[int, int]{}), backoff{}, numbers(8)...)
			for row := range rows.All() {
				r := n.Of(row)
				if errors.Is(r.Err, stages.ErrPanic) != (row.Event() == 3) {
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
		rows, n := run(ctx, loader(src, stages.LoaderConfig[int, int]{}), backoff{}, 1)
		if !errors.Is(rows.Err(), cause) || time.Since(start) != time.Second || n.Of(rows.At(0)).State != stages.Failed {
			t.Errorf("%v after %v", rows.Err(), time.Since(start))
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
	rows, _ := run(t.Context(), loader(src, stages.LoaderConfig[int, int]{}), backoff{}, 1)
	if s := rows.Stats()[0]; s.Extra != 1 || s.Loaded != 1 {
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
		return stages.KeyErrors[int]{3: stages.WithClass(errors.New("poison"), stages.Permanent)}
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

func TestAPanicInAKeyFunctionFailsItsEventOnly(t *testing.T) {
	var plan stages.Plan[int]
	boom := func(n int) int { return []int{10, 11, 12}[n] }
	l := loader(&recorder{}, stages.LoaderConfig[int, int]{})
	one := stages.One(&plan, l, stages.By(&plan, boom))
	many := stages.Many(&plan, l, stages.ByEachErr(&plan, func(n int, add func(int, error)) {
		add(1, nil)
		add(boom(n), nil)
	}))
	then := stages.One(&plan, l, stages.Then(one, func(v int) int { return boom(v - 20) }))
	rows := plan.Run(t.Context(), []int{0, 7, 2})
	want := []stages.State{stages.Loaded, stages.Failed, stages.Loaded}
	if diff := cmp.Diff(want, states(rows, one)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]stages.State{stages.Loaded, stages.Blocked, stages.Failed}, states(rows, then)); diff != "" {
		t.Error(diff)
	}
	list := many.Of(rows.At(1)).Value
	if _, r := list.At(0); list.Len() != 1 || r.State != stages.Failed {
		t.Errorf("%d keys, the first %v", list.Len(), r)
	}
	if got := many.Of(rows.At(2)).Value.Get(12).Value; got != 24 {
		t.Errorf("the list after it has %d", got)
	}
}
