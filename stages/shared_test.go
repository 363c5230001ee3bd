package stages_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/stages"
)

func TestSharedValuesAreMadeOnceForEqualKeys(t *testing.T) {
	type event struct{ a, b int }
	var plan stages.Plan[event]
	negativeIsBad := func(k int) (int, error) {
		if k < 0 {
			return 0, errors.New("negative")
		}
		return k, nil
	}
	a := stages.One(&plan, loader(&recorder{}, stages.LoaderConfig[int, int]{}), stages.ByErr(&plan, func(e event) (int, error) { return negativeIsBad(e.a) }))
	b := stages.One(&plan, loader(&recorder{}, stages.LoaderConfig[int, int]{}), stages.ByErr(&plan, func(e event) (int, error) { return negativeIsBad(e.b) }))
	made := 0
	sum := stages.Share(&plan, func(row stages.Row[event]) int {
		made++
		return a.Of(row).Value + b.Of(row).Value
	})
	events := []event{{1, 1}, {1, 2}, {1, 1}, {2, 1}, {1, 2}, {-1, 1}, {-1, 1}}
	want := []int{4, 6, 4, 6, 6, 2, 2}
	var got []int
	for row := range plan.Run(t.Context(), events).All() {
		got = append(got, sum.Of(row))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if made != 5 { // three pairs, and two rows with an unusable key, which share with nobody
		t.Errorf("made %d times", made)
	}
}

func TestAScratchIsOneForEachRun(t *testing.T) {
	var plan stages.Plan[int]
	var released []int
	counter := stages.NewScratch(&plan, func(events int) *int { return &events }, func(n *int) { released = append(released, *n) })
	for _, events := range [][]int{{7, 7, 8}, {9, 9}} {
		got := 0
		rows := plan.Run(t.Context(), events)
		rows.Release() // of nothing
		for row := range rows.All() {
			*counter.Of(row) += row.Event()
			got = *counter.Of(row)
		}
		rows.Release()
		rows.Release()
		want := len(events)
		for _, e := range events {
			want += e
		}
		if got != want {
			t.Errorf("%v: %d, want %d", events, got, want)
		}
	}
	if want := []int{25, 20}; !slices.Equal(released, want) {
		t.Errorf("released %v, want %v", released, want)
	}
}
