package stages_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/loaderr"
	"github.com/loaderline/loaderline/stages"
)

func TestKeysAreLoadedOnceInARun(t *testing.T) {
	var plan stages.Plan[int]
	src := &recorder{}
	n := stages.One(&plan, loader(src, stages.LoaderConfig[int, int]{}), stages.By(&plan, self))
	rows := plan.Run(t.Context(), []int{3, 1, 3, 3, 1})
	if diff := cmp.Diff([][]int{{1, 3}}, src.seen()); diff != "" {
		t.Error(diff)
	}
	var got []int
	for row := range rows.All() {
		got = append(got, n.Of(row).Value)
	}
	if diff := cmp.Diff([]int{6, 2, 6, 6, 2}, got); diff != "" {
		t.Error(diff)
	}
}

func TestStagesThatShareALoaderShareItsCalls(t *testing.T) {
	var plan stages.Plan[int]
	src := &recorder{}
	l := loader(src, stages.LoaderConfig[int, int]{Name: "users"})
	buyer := stages.One(&plan, l, stages.By(&plan, self)).Named("buyer")
	seller := stages.One(&plan, l, stages.By(&plan, func(e int) int { return e + 1 })).Named("seller")
	// The same loader again, for what the first results lead to: 4 is known from the run, 8 is not.
	next := stages.One(&plan, l, stages.Then(buyer, func(v int) int { return v })).Named("next")

	rows := plan.Run(t.Context(), []int{1, 2, 4})
	if diff := cmp.Diff([][]int{{1, 2, 3, 4, 5}, {8}}, src.seen()); diff != "" {
		t.Error(diff)
	}
	last := rows.At(2)
	if got := []int{buyer.Of(last).Value, seller.Of(last).Value, next.Of(last).Value}; !slices.Equal(got, []int{8, 10, 16}) {
		t.Errorf("got %v", got)
	}
	want := []stages.StageStats{
		{Stage: "buyer", Unique: 3, Loaded: 3, Calls: 1},
		{Stage: "seller", Unique: 3, Loaded: 2, Coalesced: 1},
		{Stage: "next", Unique: 3, Loaded: 1, Coalesced: 2, Calls: 1},
	}
	got := rows.Stats()
	for i := range got {
		got[i].CallTime, got[i].Asked, got[i].Settled, got[i].Critical = 0, 0, 0, 0
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A stage must not wait for another one that it does not depend on, nor for that one's tier.
func TestAStageStartsWhenItsOwnKeysAreKnown(t *testing.T) {
	var plan stages.Plan[int]
	grandchild := make(chan struct{})
	slow := &recorder{answer: func(_ context.Context, _ int, b *stages.Batch[int, int]) error {
		<-grandchild
		double(b)
		return nil
	}}
	last := &recorder{answer: func(_ context.Context, _ int, b *stages.Batch[int, int]) error {
		close(grandchild)
		double(b)
		return nil
	}}
	id := stages.By(&plan, self)
	s := stages.One(&plan, loader(slow, stages.LoaderConfig[int, int]{}), id)
	a := stages.One(&plan, loader(&recorder{}, stages.LoaderConfig[int, int]{}), id)
	b := stages.One(&plan, loader(&recorder{}, stages.LoaderConfig[int, int]{}), stages.Then(a, self))
	c := stages.One(&plan, loader(last, stages.LoaderConfig[int, int]{}), stages.Then(b, self))
	row := plan.Run(t.Context(), []int{1}).At(0)
	if got := []int{s.Of(row).Value, c.Of(row).Value}; !slices.Equal(got, []int{2, 8}) {
		t.Errorf("got %v", got)
	}
}

// upTo lists 0 to n-1.
func upTo(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

func TestOutcomesFollowTheirDependencies(t *testing.T) {
	bad := errors.New("not a number")
	var plan stages.Plan[int]
	src := &recorder{answer: func(_ context.Context, _ int, b *stages.Batch[int, int]) error {
		for _, k := range b.Keys {
			switch k {
			case 2: // missing
			case 3:
				b.Fail(k, stages.WithClass(errors.New("poison"), stages.Permanent))
			default:
				b.Put(k, k)
			}
		}
		return nil
	}}
	calls := 0
	first := stages.One(&plan, loader(src, stages.LoaderConfig[int, int]{Name: "first"}), stages.ByErr(&plan, func(e int) (int, error) {
		switch e {
		case 4:
			return 0, fmt.Errorf("field user: %w", stages.ErrNoKey)
		case 5:
			return 0, bad
		}
		return e, nil
	}))
	one := stages.One(&plan, loader(&recorder{}, stages.LoaderConfig[int, int]{}), stages.Then(first, func(v int) int {
		calls++
		return v
	}))
	many := stages.Many(&plan, loader(&recorder{}, stages.LoaderConfig[int, int]{}), stages.ThenEach(first, upTo))
	rows := plan.Run(t.Context(), []int{1, 2, 3, 4, 5, 1})
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	const (
		loaded, missing = stages.Loaded, stages.Missing
		failed, blocked = stages.Failed, stages.Blocked
	)
	if diff := cmp.Diff([]stages.State{loaded, missing, failed, missing, failed, loaded}, states(rows, first)); diff != "" {
		t.Error(diff)
	}
	follow := []stages.State{loaded, missing, blocked, missing, blocked, loaded}
	if diff := cmp.Diff(follow, states(rows, one)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(follow, states(rows, many)); diff != "" {
		t.Error(diff)
	}
	if calls != 1 {
		t.Errorf("the key function of a later stage ran %d times for one distinct value", calls)
	}
	if err := first.Of(rows.At(4)).Err; !errors.Is(err, bad) {
		t.Errorf("bad key: %v", err)
	}
	if keyErr, ok := errors.AsType[*loaderr.KeyError](first.Of(rows.At(2)).Err); !ok || keyErr.Attempts != 1 || keyErr.Loader != "first" {
		t.Errorf("failed key: %v", first.Of(rows.At(2)).Err)
	}
	if err := one.Of(rows.At(2)).Err; !errors.Is(err, stages.ErrBlocked) {
		t.Errorf("blocked: %v", err)
	}
}

func TestAViewKeepsTheOrderAndThePlacesOfItsList(t *testing.T) {
	var plan stages.Plan[int]
	src := &recorder{}
	bad := errors.New("a float")
	n := stages.Many(&plan, loader(src, stages.LoaderConfig[int, int]{}), stages.ByEachErr(&plan, func(e int, add func(int, error)) {
		if e == 0 {
			return
		}
		add(e, nil)
		add(0, stages.ErrNoKey)
		add(7, nil)
		add(0, bad)
		add(e, nil)
	}))
	rows := plan.Run(t.Context(), []int{1, 0, 2})
	if diff := cmp.Diff([][]int{{1, 2, 7}}, src.seen()); diff != "" {
		t.Error(diff)
	}
	if v := n.Of(rows.At(1)); v.State != stages.Loaded || v.Value.Len() != 0 {
		t.Errorf("an empty list is loaded and empty, got %v", v)
	}
	var got []string
	for k, r := range n.Of(rows.At(2)).Value.All() {
		got = append(got, fmt.Sprint(k, r.Value, r.State))
	}
	if diff := cmp.Diff([]string{"2 4 loaded", "0 0 missing", "7 14 loaded", "0 0 failed", "2 4 loaded"}, got); diff != "" {
		t.Error(diff)
	}
	view := n.Of(rows.At(2)).Value
	if r := view.Get(7); r.Value != 14 {
		t.Errorf("Get(7) = %v", r)
	}
	if r := view.Get(1); r.State != stages.Missing {
		t.Errorf("Get of a key that is another row's = %v", r)
	}
	if _, r := view.At(3); !errors.Is(r.Err, bad) {
		t.Errorf("At(3) = %v", r)
	}
}

func TestAnEmptyRun(t *testing.T) {
	var plan stages.Plan[int]
	src := &recorder{}
	stages.One(&plan, loader(src, stages.LoaderConfig[int, int]{}), stages.By(&plan, self))
	rows := plan.Run(t.Context(), nil)
	if len(slices.Collect(rows.All())) != 0 || rows.Err() != nil || len(src.seen()) != 0 {
		t.Errorf("err %v, calls %v", rows.Err(), src.seen())
	}
}
