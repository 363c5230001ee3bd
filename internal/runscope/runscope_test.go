package runscope_test

import (
	"slices"
	"testing"

	"github.com/loaderline/loaderline/internal/runscope"
	"github.com/loaderline/loaderline/stages"
)

func TestAValueIsOneForEachRun(t *testing.T) {
	if runscope.Of(t.Context()) != nil {
		t.Error("a context without a scope has one")
	}
	var (
		plan     stages.Plan[int]
		released []int
		one, two = new(int), new(int)
	)
	count := func(row stages.Row[int]) *int {
		scope := runscope.Of(row.Context())
		if n, ok := scope.Value(one).(*int); ok {
			return n
		}
		n := scope.Events()
		scope.Add(one, &n, func() { released = append(released, n) })
		return &n
	}
	for _, events := range [][]int{{7, 7, 8}, {9, 9}} {
		got := 0
		ctx, scope := runscope.New(t.Context(), len(events))
		rows := plan.Run(ctx, events)
		scope.Release() // of nothing
		for row := range rows.All() {
			*count(row) += row.Event()
			got = *count(row)
		}
		if scope.Value(two) != nil {
			t.Error("another owner has the value")
		}
		scope.Release()
		scope.Release()
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
