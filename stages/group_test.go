package stages_test

import (
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/stages"
)

func TestRowsWithEqualKeysAreAGroup(t *testing.T) {
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
	events := []event{{1, 1}, {1, 2}, {1, 1}, {2, 1}, {1, 2}, {-1, 1}, {-1, 1}}
	wantGroups := []int{0, 1, 0, 2, 1, -1, -1} // rows with an unusable key share with nobody
	wantSums := []int{4, 6, 4, 6, 6, 2, 2}
	var groups, sums []int
	made, shared := 0, map[int]int{}
	for row := range plan.Run(t.Context(), events).All() {
		g := row.Group()
		sum, ok := shared[g]
		if !ok || g < 0 {
			made++
			sum = a.Of(row).Value + b.Of(row).Value
			shared[g] = sum
		}
		groups, sums = append(groups, g), append(sums, sum)
	}
	if diff := cmp.Diff(wantGroups, groups); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(wantSums, sums); diff != "" {
		t.Error(diff)
	}
	if made != 5 {
		t.Errorf("made %d times", made)
	}
}

// A condition that holds for one of two rows with the same key tells them apart, and lists of keys are in no group.
func TestConditionsTellGroupsApart(t *testing.T) {
	type event struct{ key, more int }
	groups := func(plan *stages.Plan[event]) (all []int) {
		for row := range plan.Run(t.Context(), []event{{1, 0}, {1, 1}, {1, 0}, {2, 0}, {1, 2}}).All() {
			all = append(all, row.Group())
		}
		return all
	}
	var plan, lists stages.Plan[event]
	l := loader(&recorder{}, stages.LoaderConfig[int, int]{})
	key := stages.By(&plan, func(e event) int { return e.key })
	stages.One(&plan, l, key, stages.By(&plan, func(e event) bool { return e.more > 0 }))
	// No stage runs for three of the rows, whatever their keys are.
	if got, want := groups(&plan), []int{0, 1, 0, 0, 1}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	stages.One(&plan, l, key)
	if got, want := groups(&plan), []int{0, 1, 0, 2, 1}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	stages.Many(&lists, l, stages.ByEach(&lists, func(e event) iter.Seq[int] { return slices.Values([]int{e.key}) }))
	if got, want := groups(&lists), []int{-1, -1, -1, -1, -1}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
