package stages_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/loaderline/loaderline/stages"
)

var errUnreadable = stages.WithClass(errors.New("the answer is not JSON"), stages.Unusable)

// A source whose answers cannot be read is asked again, and then the run fails: neither waiting nor a breaker helps, and no
// event is at fault.
func TestUnusableAnswersAreNoOutage(t *testing.T) {
	for name, cfg := range map[string]stages.LoaderConfig[int, int]{
		"pausing":      {},
		"failing keys": {OutageFailsKeys: true, Backend: stages.NewBackend(stages.BackendConfig{BreakerFailures: 1})},
	} {
		for _, before := range []error{nil, errUnreadable} { // The source was answering before, or never was.
			synctest.Test(t, func(t *testing.T) {
				src := broken(append([]error{before}, repeat(errUnreadable, 100)...)...)
				l := loader(src, cfg)
				if before == nil {
					run(t.Context(), l, backoff{}, 1)
				}
				for _, keys := range [][]int{{2}, {2, 3, 4}} {
					rows, _ := run(t.Context(), l, backoff{}, keys...)
					if !errors.Is(rows.Err(), stages.ErrFatal) || !errors.Is(rows.Err(), errUnreadable) {
						t.Errorf("%s: want a fatal error, got %v", name, rows.Err())
					}
				}
			})
		}
	}
}

// What passes is no more than a delay, and a key for which alone the answer is unusable fails alone.
func TestUnusableAnswersThatPassOrAreOfOneKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loader(broken(errUnreadable, errUnreadable), stages.LoaderConfig[int, int]{})
		if rows, n := run(t.Context(), l, backoff{}, 1); rows.Err() != nil || n.Of(rows.At(0)).Value != 2 {
			t.Errorf("%v, %v", rows.Err(), n.Of(rows.At(0)))
		}
		src := &recorder{answer: func(_ context.Context, _ int, b *stages.Batch[int, int]) error {
			if slices.Contains(b.Keys, 3) {
				return errUnreadable
			}
			double(b)
			return nil
		}}
		rows, n := run(t.Context(), loader(src, stages.LoaderConfig[int, int]{}), backoff{}, 1, 2, 3, 4)
		want := []stages.State{stages.Loaded, stages.Loaded, stages.Failed, stages.Loaded}
		if got := states(rows, n); rows.Err() != nil || !slices.Equal(got, want) {
			t.Errorf("%v: %v", rows.Err(), got)
		}
	})
}

// A call that fails for a key at fault and is refused for missing ones settles all of them.
func TestMissingKeysBesideOneAtFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &recorder{answer: func(_ context.Context, _ int, b *stages.Batch[int, int]) error {
			switch odd := slices.ContainsFunc(b.Keys, func(k int) bool { return k%2 == 1 }); {
			case slices.Contains(b.Keys, 13):
				return errAway
			case odd && len(b.Keys) > 1:
				return stages.WithClass(errors.New("not found"), stages.SomeMissing)
			case odd:
				b.Set(0, stages.Result[int]{})
			default:
				double(b)
			}
			return nil
		}}
		l := loader(src, stages.LoaderConfig[int, int]{})
		run(t.Context(), l, backoff{}, 1)
		rows, n := run(t.Context(), l, backoff{}, numbers(100)...)
		if rows.Err() != nil {
			t.Fatal(rows.Err())
		}
		for row := range rows.All() {
			want := [2]stages.State{stages.Loaded, stages.Missing}[row.Event()%2]
			if row.Event() == 13 {
				want = stages.Failed
			}
			if got := n.Of(row).State; got != want {
				t.Errorf("%d is %v, want %v", row.Event(), got, want)
			}
		}
	})
}
