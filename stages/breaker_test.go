package stages_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/stages"
)

var noRetry = backoff{MaxElapsed: -1}

// broken answers with the errors of a list, and with values for nil ones and behind its end.
func broken(errs ...error) *recorder {
	return &recorder{answer: func(_ context.Context, call int, b *stages.Batch[int, int]) error {
		if call <= len(errs) && errs[call-1] != nil {
			return errs[call-1]
		}
		double(b)
		return nil
	}}
}

func repeat(err error, n int) []error { return slices.Repeat([]error{err}, n) }

func TestABreakerLeavesTheBackendAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		backend := stages.NewBackend(stages.BackendConfig{BreakerFailures: 3, BreakerDelay: 10 * time.Second})
		src := broken(repeat(errAway, 4)...)
		l := loader(src, stages.LoaderConfig[int, int]{Backend: backend})
		start := time.Now()
		rows, n := run(t.Context(), l, backoff{Initial: time.Second, Max: time.Second, MaxElapsed: time.Minute}, 1, 2)
		if rows.Err() != nil || n.Of(rows.At(1)).Value != 4 {
			t.Fatalf("%v, %v", rows.Err(), n.Of(rows.At(1)))
		}
		// Three calls, ten seconds, one that fails, ten seconds, and one that is answered.
		if calls, took := len(src.seen()), time.Since(start); calls != 5 || took < 20*time.Second || took > 26*time.Second {
			t.Errorf("%d calls in %v", calls, took)
		}
		if s := backend.Stats(); s.Breaker != "closed" || s.Rejected == 0 {
			t.Errorf("stats: %+v", s)
		}
	})
}

// An open breaker makes an outage, whose error says why it is open; and the first answer ends it.
func TestAnOpenBreakerIsAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		backend := stages.NewBackend(stages.BackendConfig{BreakerFailures: 1, BreakerDelay: time.Hour})
		src := broken(append([]error{nil}, repeat(errAway, 5)...)...)
		l := loader(src, stages.LoaderConfig[int, int]{Backend: backend})
		run(t.Context(), l, noRetry, 1) // From now on there is a key to ask for.
		for range 2 {
			rows, n := run(t.Context(), l, noRetry, 2, 3, 4)
			if !errors.Is(rows.Err(), stages.ErrOutage) || !errors.Is(rows.Err(), errAway) {
				t.Fatalf("want an outage for %v, got %v", errAway, rows.Err())
			}
			if got := states(rows, n); !slices.Equal(got, slices.Repeat([]stages.State{stages.Failed}, 3)) {
				t.Errorf("states %v", got)
			}
		}
		// A call, and one for the known key; then, while the breaker is open, one for the known key.
		if want := [][]int{{1}, {2, 3, 4}, {1}, {1}}; !cmp.Equal(want, src.seen()) {
			t.Errorf("calls %v, want %v", src.seen(), want)
		}
		if s := backend.Stats(); s.Breaker != "open" {
			t.Errorf("stats: %+v", s)
		}
		*src = recorder{}
		if rows, n := run(t.Context(), l, noRetry, 2, 3, 4); rows.Err() != nil || n.Of(rows.At(2)).Value != 8 {
			t.Errorf("%v: the known key was answered, and the others were not asked for", rows.Err())
		}
		if s := backend.Stats(); s.Breaker != "closed" {
			t.Errorf("stats: %+v", s)
		}
	})
}

func TestAnswersNeverOpenABreaker(t *testing.T) {
	for _, err := range []error{nil, stages.WithClass(errAway, stages.Permanent), stages.WithClass(errAway, stages.Fatal), stages.KeyErrors[int]{1: errAway}} {
		backend := stages.NewBackend(stages.BackendConfig{BreakerFailures: 1})
		l := loader(broken(repeat(err, 5)...), stages.LoaderConfig[int, int]{Backend: backend})
		for range 5 {
			run(t.Context(), l, noRetry, 1)
		}
		if s := backend.Stats(); s.Breaker != "closed" || s.Rejected > 0 {
			t.Errorf("%v: %+v", err, s)
		}
	}
}

// A call that is given up while it is the one that decides leaves that to the next.
func TestACallThatIsGivenUpDecidesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		backend := stages.NewBackend(stages.BackendConfig{BreakerFailures: 1, BreakerDelay: time.Second})
		src := &recorder{answer: func(ctx context.Context, call int, b *stages.Batch[int, int]) error {
			switch call {
			case 1:
				return errAway
			case 2, 3: // The search for keys at fault, which asks whatever the breaker says.
				return errAway
			case 4:
				<-ctx.Done()
				return ctx.Err()
			}
			double(b)
			return nil
		}}
		l := loader(src, stages.LoaderConfig[int, int]{Backend: backend})
		run(t.Context(), l, noRetry, 1, 2)
		time.Sleep(2 * time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		run(ctx, l, noRetry, 1)
		synctest.Wait()
		if s := backend.Stats(); len(src.seen()) != 4 || s.Breaker != "half_open" {
			t.Fatalf("%d calls, %+v", len(src.seen()), s)
		}
		if rows, _ := run(t.Context(), l, noRetry, 1); rows.Err() != nil {
			t.Error(rows.Err())
		}
		if s := backend.Stats(); s.Breaker != "closed" {
			t.Errorf("%+v", s)
		}
	})
}

func TestPingsAndTheBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reachable error
		backend := stages.NewBackend(stages.BackendConfig{
			BreakerFailures: 1, BreakerDelay: time.Minute, Ping: func(context.Context) error { return reachable },
		})
		l := loader(broken(repeat(errAway, 10)...), stages.LoaderConfig[int, int]{Backend: backend})
		expect := func(what, state string, is func(error) bool) {
			t.Helper()
			if err := backend.Ping(t.Context()); !is(err) || backend.Stats().Breaker != state {
				t.Errorf("%s: the ping says %v, the breaker is %s", what, err, backend.Stats().Breaker)
			}
		}
		good := func(err error) bool { return err == nil }
		open := func(err error) bool { return errors.Is(err, stages.ErrRejected) }
		away := func(err error) bool { return errors.Is(err, errAway) && !open(err) }

		expect("at first", "closed", good)
		run(t.Context(), l, noRetry, 1)
		expect("reachable all along", "open", open)
		time.Sleep(time.Minute + 1)
		expect("after the delay", "half_open", good)
		run(t.Context(), l, noRetry, 1)
		reachable = errAway
		expect("away", "open", away)
		reachable = nil
		expect("back", "closed", good)
	})
}

// Whatever is at fault, and however: each key ends as it would without a breaker, in as many runs. Where all errors are the
// keys' fault, the calls are the same too.
func TestABreakerDecidesNothingAboutKeys(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		keys := rapid.SliceOfNDistinct(rapid.IntRange(0, 40), 1, 30, rapid.ID).Draw(r, "keys")
		poison := rapid.MapOf(rapid.IntRange(0, 40), rapid.Just(true)).Draw(r, "poison")
		class := rapid.SampledFrom([]stages.Class{stages.Permanent, stages.Transient}).Draw(r, "class")
		failures, delay := rapid.IntRange(1, 3).Draw(r, "failures"), time.Duration(rapid.IntRange(1, 60).Draw(r, "delay"))*time.Second
		retry := backoff{Initial: time.Second, MaxElapsed: time.Duration(rapid.IntRange(-1, 20).Draw(r, "max elapsed")) * time.Second}
		maxBatch := rapid.IntRange(1, 30).Draw(r, "max batch")
		if class == stages.Transient {
			maxBatch = 41 // Of calls side by side it depends on which is first whether an outage is seen.
		}
		with := func(failures int) (ends []string, calls int) {
			synctest.Test(t, func(t *testing.T) {
				src := &recorder{answer: poisoned(poison, class)}
				l := loader(src, stages.LoaderConfig[int, int]{MaxBatch: maxBatch, Backend: stages.NewBackend(stages.BackendConfig{MaxCalls: 1, BreakerFailures: failures, BreakerDelay: delay})})
				for range 3 {
					rows, n := run(t.Context(), l, retry, keys...)
					outage := errors.Is(rows.Err(), stages.ErrOutage)
					ends = append(ends, fmt.Sprintf("%v, outage %v", states(rows, n), outage))
				}
				calls = len(src.seen())
			})
			return ends, calls
		}
		want, without := with(0)
		got, calls := with(failures)
		if diff := cmp.Diff(want, got); diff != "" {
			r.Errorf("how runs end (-without +with):\n%s", diff)
		}
		if class == stages.Permanent && calls != without {
			r.Errorf("%d calls, %d without a breaker", calls, without)
		}
	})
}

// poisoned fails calls that hold a key at fault.
func poisoned(poison map[int]bool, class stages.Class) func(context.Context, int, *stages.Batch[int, int]) error {
	return func(_ context.Context, _ int, b *stages.Batch[int, int]) error {
		if !slices.ContainsFunc(b.Keys, func(k int) bool { return poison[k] }) {
			double(b)
			return nil
		}
		if class == stages.Permanent {
			return stages.WithClass(errAway, stages.Permanent)
		}
		return errAway
	}
}

// A breaker that opens and closes under many loads at once condemns no key of a backend that only stutters.
func TestABackendThatStuttersCondemnsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		backend := stages.NewBackend(stages.BackendConfig{MaxCalls: 8, BreakerFailures: 2, BreakerDelay: time.Second})
		start := time.Now()
		src := &recorder{answer: func(_ context.Context, call int, b *stages.Batch[int, int]) error {
			time.Sleep(time.Duration(call%7) * 100 * time.Millisecond)
			if time.Since(start)%(10*time.Second) < 5*time.Second {
				return errAway
			}
			double(b)
			return nil
		}}
		l := loader(src, stages.LoaderConfig[int, int]{MaxBatch: 2, Backend: backend})
		var wg sync.WaitGroup
		for worker := range 4 {
			wg.Go(func() {
				for i := range 20 {
					rows, n := run(t.Context(), l, backoff{MaxElapsed: time.Duration(i%3) * 2 * time.Second}, worker, 10+i, 50+i)
					if !errors.Is(rows.Err(), stages.ErrOutage) && slices.Contains(states(rows, n), stages.Failed) {
						t.Errorf("worker %d, run %d: %v, %v", worker, i, states(rows, n), rows.Err())
					}
				}
			})
		}
		wg.Wait()
	})
}
