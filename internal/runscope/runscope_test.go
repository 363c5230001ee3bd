package runscope_test

import (
	"slices"
	"sync"
	"sync/atomic"
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

func TestARunSeesOneVersion(t *testing.T) {
	var current atomic.Int64
	one, two := new(int), new(int)
	read := func() any { return current.Add(1) }
	_, first := runscope.New(t.Context(), 1)
	_, second := runscope.New(t.Context(), 1)
	seen := make([]any, 8)
	var readers sync.WaitGroup
	for i := range seen {
		readers.Go(func() { seen[i] = first.Pin(one, read) })
	}
	readers.Wait()
	for _, v := range seen {
		if v != int64(1) {
			t.Fatalf("the run has seen the versions %v", seen)
		}
	}
	if got := []any{first.Pin(two, read), second.Pin(one, read), first.Pin(one, read)}; !slices.Equal(got, []any{int64(2), int64(3), int64(1)}) {
		t.Errorf("other owners and runs have seen the versions %v", got)
	}
	first.Release()
	if got := first.Pin(one, read); got != int64(4) {
		t.Errorf("after its release the run has seen version %v", got)
	}
}
