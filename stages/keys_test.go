package stages_test

import (
	"context"
	"errors"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/stages"
)

func TestAStageAfterMany(t *testing.T) {
	var plan stages.Plan[int]
	parts := stages.Many(&plan, loader(&recorder{}, stages.LoaderConfig[int, int]{}), stages.ByEach(&plan, upTo))
	src := &recorder{}
	deeper := stages.Many(&plan, loader(src, stages.LoaderConfig[int, int]{}), stages.ThenEach(parts, func(v stages.View[int, int]) iter.Seq[int] {
		return func(yield func(int) bool) {
			for _, r := range v.All() {
				if !yield(r.Value + 100) {
					return
				}
			}
		}
	}))
	rows := plan.Run(t.Context(), []int{2, 3})
	if diff := cmp.Diff([][]int{{100, 102, 104}}, src.seen()); diff != "" {
		t.Error(diff)
	}
	if k, r := deeper.Of(rows.At(1)).Value.At(2); k != 104 || r.Value != 208 {
		t.Errorf("got %d, %v", k, r)
	}
}

func TestKeysOfAnotherPlanPanic(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	var p, q stages.Plan[int]
	stages.One(&p, loader(&recorder{}, stages.LoaderConfig[int, int]{}), stages.By(&q, self))
}

// A key may be made of the event and of what several stages found for it.
func TestKeysAfterSeveralStages(t *testing.T) {
	var plan stages.Plan[int]
	id := stages.By(&plan, self)
	a := stages.One(&plan, loader(&recorder{}, stages.LoaderConfig[int, int]{}), id)
	failing := &recorder{answer: func(_ context.Context, _ int, b *stages.Batch[int, int]) error {
		b.Put(1, 100)
		return stages.KeyErrors[int]{2: stages.WithClass(errors.New("poison"), stages.Permanent)}
	}}
	b := stages.One(&plan, loader(failing, stages.LoaderConfig[int, int]{}), id)
	src := &recorder{}
	sum := stages.One(&plan, loader(src, stages.LoaderConfig[int, int]{}), stages.After(&plan, func(row stages.Row[int]) (int, error) {
		switch r := b.Of(row); r.State {
		case stages.Failed:
			return 0, stages.ErrBlocked
		case stages.Missing:
			return 0, stages.ErrNoKey
		default:
			return row.Event() + a.Of(row).Value + r.Value, nil
		}
	}, a, b))
	rows := plan.Run(t.Context(), []int{1, 2, 3, 1})
	if diff := cmp.Diff([][]int{{103}}, src.seen()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]stages.State{stages.Loaded, stages.Blocked, stages.Missing, stages.Loaded}, states(rows, sum)); diff != "" {
		t.Error(diff)
	}
}
