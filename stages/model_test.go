package stages_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/stages"
)

// world is a database in which some keys are missing, some are poison, and the others lead to a list of keys.
type world struct {
	missing, poison map[int]bool
	width           int
}

func (w world) children(k int) []int {
	var c []int
	for i := range (k * 7) % (w.width + 1) {
		c = append(c, (k*31+i*17)%50)
	}
	return c
}

// source returns lists of keys. A poison key fails the whole call, or only itself.
func (w world) source(whole bool) stages.Source[int, []int] {
	return sourceFunc(func(b *stages.Batch[int, []int]) error {
		bad := stages.KeyErrors[int]{}
		for _, k := range b.Keys {
			switch {
			case w.poison[k]:
				bad[k] = stages.WithClass(errors.New("poison"), stages.Permanent)
			case !w.missing[k]:
				b.Put(k, w.children(k))
			}
		}
		switch {
		case len(bad) == 0:
			return nil
		case whole:
			return stages.WithClass(errors.New("one of them is poison"), stages.Permanent)
		}
		return bad
	})
}

type sourceFunc func(*stages.Batch[int, []int]) error

func (f sourceFunc) Load(_ context.Context, b *stages.Batch[int, []int]) error { return f(b) }

func (w world) state(k int) stages.State {
	switch {
	case w.poison[k]:
		return stages.Failed
	case w.missing[k]:
		return stages.Missing
	}
	return stages.Loaded
}

// Whatever the keys, the sizes and the failures: a plan finds what looking up each key by itself would find.
func TestAPlanFindsWhatSingleLookupsFind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := rapid.MapOf(rapid.IntRange(0, 49), rapid.Just(true))
		w := world{missing: set.Draw(t, "missing"), poison: set.Draw(t, "poison"), width: rapid.IntRange(0, 5).Draw(t, "width")}
		cfg := stages.LoaderConfig[int, []int]{MaxBatch: rapid.IntRange(1, 60).Draw(t, "max batch")}
		first := stages.NewLoader(w.source(false), cfg)
		second := first
		if rapid.Bool().Draw(t, "loaders apart") {
			second = stages.NewLoader(w.source(rapid.Bool().Draw(t, "dies as a whole")), cfg)
		}
		var plan stages.Plan[int]
		parent := stages.One(&plan, first, stages.By(&plan, self))
		children := stages.Many(&plan, second, stages.ThenEach(parent, slices.Values[[]int]))
		events := rapid.SliceOf(rapid.IntRange(0, 49)).Draw(t, "events")
		rows := plan.Run(context.Background(), events)
		if rows.Err() != nil {
			t.Fatal(rows.Err())
		}
		for row := range rows.All() {
			e := row.Event()
			p, c := parent.Of(row), children.Of(row)
			if p.State != w.state(e) {
				t.Fatalf("key %d is %v, not %v", e, p.State, w.state(e))
			}
			wantList := map[stages.State]stages.State{stages.Failed: stages.Blocked}[p.State]
			if p.State == stages.Loaded {
				wantList = stages.Loaded
			}
			if c.State != wantList {
				t.Fatalf("the list of %d is %v, not %v", e, c.State, wantList)
			}
			if p.State != stages.Loaded {
				continue
			}
			if !slices.Equal(p.Value, w.children(e)) || c.Value.Len() != len(p.Value) {
				t.Fatalf("key %d has %v and %d children", e, p.Value, c.Value.Len())
			}
			for i, want := range p.Value {
				k, r := c.Value.At(i)
				// A group that is too dear to bisect may fail good keys with the bad ones; with one in four keys bad, it does.
				if k != want || r.State != w.state(k) && r.State != stages.Failed {
					t.Fatalf("child %d of %d is key %d, %v", i, e, k, r.State)
				}
				if r.State == stages.Loaded && !slices.Equal(r.Value, w.children(k)) {
					t.Fatalf("child %d of %d has %v", i, e, r.Value)
				}
			}
		}
	})
}
