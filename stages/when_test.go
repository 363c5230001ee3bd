package stages_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/loaderr"
	"github.com/loaderline/loaderline/stages"
)

// visit is an event: who did it, and whether the stages run for it.
type visit struct {
	user int
	runs bool
}

func runs(row stages.Row[visit]) (bool, error) { return row.Event().runs, nil }

func userOf(v visit) int { return v.user }

// outcome is a result in words.
func outcome[V any](r stages.Result[V]) string {
	switch {
	case errors.Is(r.Err, stages.ErrSkipped):
		return "skipped"
	case r.State == stages.Loaded:
		return fmt.Sprint(r.Value)
	default:
		return r.State.String()
	}
}

func values(r stages.Result[stages.View[int, int]]) string {
	if r.State != stages.Loaded {
		return outcome(r)
	}
	var all []int
	for _, r := range r.Value.All() {
		all = append(all, r.Value)
	}
	return fmt.Sprint(all)
}

// twice is the list of a value and the next one.
func twice(v int) iter.Seq[int] {
	return func(yield func(int) bool) { _ = yield(v) && yield(v+1) }
}

// A stage loads nothing for rows that it does not run for, and neither does what comes after it, although another row
// with the same keys has them.
func TestAStageRunsOnlyForRowsForWhichItsConditionHolds(t *testing.T) {
	var plan stages.Plan[visit]
	first, second, third, fourth := &recorder{}, &recorder{}, &recorder{}, &recorder{}
	of := func(src *recorder) *stages.Loader[int, int] { return loader(src, stages.LoaderConfig[int, int]{}) }
	user := stages.By(&plan, userOf)
	always := stages.One(&plan, of(first), user)
	some := stages.One(&plan, of(second), stages.Then(always, func(v int) int { return v }), stages.After(&plan, runs))
	lists := stages.Many(&plan, of(third), stages.ThenEach(some, twice))
	last := stages.Many(&plan, of(fourth), stages.ThenEach(lists, func(v stages.View[int, int]) iter.Seq[int] {
		return func(yield func(int) bool) { _ = yield(v.Len()) }
	}))
	rows := plan.Run(t.Context(), []visit{{1, true}, {1, false}, {2, false}, {3, true}})
	var got []string
	for row := range rows.All() {
		got = append(got, fmt.Sprintf("%s %s %s %s", outcome(always.Of(row)), outcome(some.Of(row)), values(lists.Of(row)), values(last.Of(row))))
	}
	want := []string{"2 4 [8 10] [4]", "2 skipped skipped skipped", "4 skipped skipped skipped", "6 12 [24 26] [4]"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for i, want := range [][]int{{1, 2, 3}, {2, 6}, {4, 5, 12, 13}, {2}} {
		src := []*recorder{first, second, third, fourth}[i]
		if diff := cmp.Diff([][]int{want}, src.seen()); diff != "" {
			t.Errorf("stage %d: %s", i, diff)
		}
	}
}

func TestListsOfAnEventUnderACondition(t *testing.T) {
	var plan stages.Plan[visit]
	src := &recorder{}
	lists := stages.ByEach(&plan, func(v visit) iter.Seq[int] { return twice(v.user) })
	n := stages.Many(&plan, loader(src, stages.LoaderConfig[int, int]{}), lists, stages.After(&plan, runs))
	rows := plan.Run(t.Context(), []visit{{1, true}, {7, false}})
	if got := values(n.Of(rows.At(0))) + values(n.Of(rows.At(1))); got != "[2 4]skipped" {
		t.Error(got)
	}
	if diff := cmp.Diff([][]int{{1, 2}}, src.seen()); diff != "" {
		t.Error(diff)
	}
}

// A condition may look at what earlier stages found: the stage waits for them, and is blocked where they failed.
func TestAConditionOnAnEarlierStage(t *testing.T) {
	poison := errors.New("poison")
	var plan stages.Plan[visit]
	src := &recorder{answer: func(_ context.Context, _ int, b *stages.Batch[int, int]) error {
		double(b)
		return stages.KeyErrors[int]{3: stages.WithClass(poison, stages.Permanent)}
	}}
	user := stages.By(&plan, userOf)
	who := stages.One(&plan, loader(src, stages.LoaderConfig[int, int]{}), user)
	next := &recorder{}
	condition := stages.After(&plan, func(row stages.Row[visit]) (bool, error) {
		switch r := who.Of(row); {
		case r.State == stages.Failed:
			return false, stages.ErrBlocked
		case r.Value == 8:
			return false, errors.New("cannot tell")
		case r.Value == 10:
			panic("cannot go on")
		default:
			return r.Value > 2, nil
		}
	}, who)
	some := stages.One(&plan, loader(next, stages.LoaderConfig[int, int]{}), user, condition)
	after := stages.Many(&plan, loader(next, stages.LoaderConfig[int, int]{}), stages.ThenEach(some, twice))
	var got []string
	for row := range plan.Run(t.Context(), []visit{{user: 1}, {user: 2}, {user: 3}, {user: 4}, {user: 5}}).All() {
		got = append(got, outcome(some.Of(row))+" "+values(after.Of(row)))
		if bad, ok := errors.AsType[*loaderr.BadKeyError](some.Of(row).Err); ok != (some.Of(row).State == stages.Failed) {
			t.Errorf("%v", bad)
		}
	}
	want := []string{"skipped skipped", "4 [8 10]", "blocked blocked", "failed blocked", "failed blocked"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]int{{2}, {4, 5}}, next.seen()); diff != "" {
		t.Error(diff)
	}
}

func TestConditionsTogether(t *testing.T) {
	var plan stages.Plan[visit]
	src := &recorder{}
	old := stages.After(&plan, func(row stages.Row[visit]) (bool, error) { return row.Event().user > 1, nil })
	n := stages.One(&plan, loader(src, stages.LoaderConfig[int, int]{}), stages.By(&plan, userOf), stages.After(&plan, runs), old)
	var got []string
	for row := range plan.Run(t.Context(), []visit{{1, true}, {2, true}, {3, false}, {0, false}}).All() {
		got = append(got, outcome(n.Of(row)))
	}
	if diff := cmp.Diff([]string{"skipped", "4", "skipped", "skipped"}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]int{{2}}, src.seen()); diff != "" {
		t.Error(diff)
	}
}

// A condition can be made of the event, and of the values of a stage that has a condition itself. It holds for no row without
// such a value.
func TestAConditionUnderAnother(t *testing.T) {
	var plan stages.Plan[visit]
	first, src := &recorder{}, &recorder{}
	of := func(src *recorder) *stages.Loader[int, int] { return loader(src, stages.LoaderConfig[int, int]{}) }
	user := stages.By(&plan, userOf)
	who := stages.One(&plan, of(first), user, stages.By(&plan, func(v visit) bool { return v.runs }))
	n := stages.One(&plan, of(src), user, stages.Then(who, func(v int) bool { return v > 2 }))
	var got []string
	for row := range plan.Run(t.Context(), []visit{{1, true}, {2, true}, {2, false}, {3, false}}).All() {
		got = append(got, outcome(n.Of(row)))
	}
	if diff := cmp.Diff([]string{"skipped", "4", "skipped", "skipped"}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]int{{1, 2}, {2}}, append(first.seen(), src.seen()...)); diff != "" {
		t.Error(diff)
	}
}

// Stages with the same keys and conditions are under one edge: each row's condition is asked once.
func TestStagesShareAConditionAndItsKeys(t *testing.T) {
	var plan stages.Plan[visit]
	asked, keys := 0, 0
	l := loader(&recorder{}, stages.LoaderConfig[int, int]{})
	user := stages.By(&plan, func(v visit) int { keys++; return v.user })
	condition := stages.By(&plan, func(v visit) bool { asked++; return v.runs })
	stages.One(&plan, l, user, condition)
	stages.One(&plan, l, user, condition)
	plan.Run(t.Context(), []visit{{1, true}, {2, false}, {3, true}})
	if asked != 3 || keys != 2 {
		t.Errorf("the condition was asked %d times, and there were %d keys", asked, keys)
	}
}

// Rows share a value only where the same stages run for them.
func TestSharedValuesDependOnConditions(t *testing.T) {
	var plan stages.Plan[visit]
	l := loader(&recorder{}, stages.LoaderConfig[int, int]{})
	user := stages.By(&plan, userOf)
	who := stages.One(&plan, l, user)
	some := stages.One(&plan, l, stages.Then(who, func(v int) int { return v }), stages.After(&plan, runs))
	made, shared := 0, map[int]string{}
	var got []string
	for row := range plan.Run(t.Context(), []visit{{1, true}, {1, false}, {1, true}, {1, false}}).All() {
		if _, ok := shared[row.Group()]; !ok {
			made++
			shared[row.Group()] = outcome(some.Of(row))
		}
		got = append(got, shared[row.Group()])
	}
	if diff := cmp.Diff([]string{"4", "skipped", "4", "skipped"}, got); diff != "" || made != 2 {
		t.Errorf("made %d times: %s", made, diff)
	}
}

// A condition that takes long is not asked any more when the context ends, and the events are not at fault.
func TestTheEndOfTheContextEndsConditions(t *testing.T) {
	var plan stages.Plan[visit]
	cause := errors.New("a rebalance")
	ctx, cancel := context.WithCancelCause(t.Context())
	asked := 0
	stages.One(&plan, loader(&recorder{}, stages.LoaderConfig[int, int]{}), stages.By(&plan, userOf), stages.After(&plan, func(row stages.Row[visit]) (bool, error) {
		asked++
		cancel(cause)
		return false, context.Cause(row.Context())
	}))
	rows := plan.Run(ctx, []visit{{user: 1}, {user: 2}, {user: 3}})
	if !errors.Is(rows.Err(), cause) || asked != 1 {
		t.Errorf("%v, and it was asked for %d rows; want %v and 1", rows.Err(), asked, cause)
	}
}
