package stages_test

import (
	"context"
	"errors"
	"math/bits"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/loadcache"
	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages"
)

var errPoison = errors.New("division by zero")

// dyingOf13 fails every call that has the key 13.
func dyingOf13() *recorder {
	return &recorder{answer: func(_ context.Context, _ int, b *stages.Batch[int, int]) error {
		if slices.Contains(b.Keys, 13) {
			return stages.WithClass(errPoison, stages.Permanent)
		}
		double(b)
		return nil
	}}
}

func TestAKeyAtFaultIsRememberedUntilItsTimeOrAnInvalidation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory, err := resultcache.New(resultcache.MemoryConfig{MaxBytes: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		defer memory.Close()
		view := resultcache.For(memory, resultcache.ViewConfig[int, int]{TTL: time.Hour, NegativeTTL: time.Hour, Jitter: -1})
		src := dyingOf13()
		l := loader(src, stages.LoaderConfig[int, int]{Cache: loadcache.Seal(view), FailureTTL: 30 * time.Second})
		const n = 1000
		rows, node := run(t.Context(), l, backoff{}, numbers(n)...)
		if calls, most := len(src.seen()), 1+2*bits.Len(n)+2; calls > most || rows.Err() != nil {
			t.Fatalf("%d calls, want %d at most: %v", calls, most, rows.Err())
		}
		if r := node.Of(rows.At(12)); r.Value != 24 {
			t.Errorf("a key beside the one at fault: %v", r)
		}
		for _, step := range []struct {
			what  string
			do    func()
			calls [][]int
		}{
			{"at once", func() {}, [][]int{{1013}}},
			{"before its time", func() { time.Sleep(29 * time.Second) }, nil},
			{"after it", func() { time.Sleep(2 * time.Second) }, [][]int{{13}}},
			{"invalidated", func() { view.Invalidate(t.Context(), 13) }, [][]int{{13}}},
			{"all invalidated", func() { view.InvalidateAll(t.Context()) }, [][]int{{13, 1013}, {13}, {1013}}},
		} {
			step.do()
			before := len(src.seen())
			rows, node := run(t.Context(), l, backoff{}, 13, 1013)
			if r := node.Of(rows.At(0)); r.State != stages.Failed || !errors.Is(r.Err, errPoison) {
				t.Errorf("%s: %v", step.what, r)
			}
			if r := node.Of(rows.At(1)); r.Value != 2026 {
				t.Errorf("%s: the other key: %v", step.what, r)
			}
			if diff := cmp.Diff(step.calls, append([][]int(nil), src.seen()[before:]...)); diff != "" {
				t.Errorf("%s: calls (-want +got):\n%s", step.what, diff)
			}
		}
	})
}

// Without a time nothing is remembered: what is not cached is asked for each time.
func TestAKeyAtFaultIsAskedForAgain(t *testing.T) {
	src := dyingOf13()
	l := loader(src, stages.LoaderConfig[int, int]{})
	for range 2 {
		run(t.Context(), l, backoff{}, 13)
	}
	if diff := cmp.Diff([][]int{{13}, {13}}, src.seen()); diff != "" {
		t.Error(diff)
	}
}

// coded is an error with a code, as the sources have them.
type coded string

func (e coded) Error() string { return "the source says " + string(e) }
func (e coded) Code() string  { return string(e) }

func TestTheConfigurationClassesErrors(t *testing.T) {
	classes := map[string]stages.Class{"mine": stages.Permanent, "again": stages.Transient, "stop": stages.Fatal}
	for _, c := range []struct {
		name  string
		err   error
		calls int
		fatal bool
		state stages.State
	}{
		{"permanent", stages.WithClass(coded("mine"), stages.Fatal), 1, false, stages.Failed},
		{"transient", stages.WithClass(coded("again"), stages.Fatal), 2, false, stages.Loaded},
		{"fatal", coded("stop"), 1, true, stages.Failed},
		{"fatal for one key", stages.KeyErrors[int]{1: coded("stop")}, 1, true, stages.Failed},
		{"permanent for one key", stages.KeyErrors[int]{1: coded("mine")}, 1, false, stages.Failed},
		{"another code", coded("other"), 2, false, stages.Loaded},
		{"no code", errAway, 2, false, stages.Loaded},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				src := broken(c.err)
				l := loader(src, stages.LoaderConfig[int, int]{Backend: stages.NewBackend(stages.BackendConfig{Errors: classes})})
				rows, n := run(t.Context(), l, backoff{}, 1)
				if fatal := errors.Is(rows.Err(), stages.ErrFatal); fatal != c.fatal {
					t.Errorf("the run: %v", rows.Err())
				}
				if got := n.Of(rows.At(0)); got.State != c.state || len(src.seen()) != c.calls {
					t.Errorf("%v after %d calls", got, len(src.seen()))
				}
			})
		})
	}
}
