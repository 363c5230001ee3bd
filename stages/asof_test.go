package stages_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/stages"
)

// sighting is an event of a user at a time.
type sighting struct {
	user  int
	users []int
	at    time.Time
	bad   bool
}

func (v sighting) time() (time.Time, error) {
	if v.bad {
		return time.Time{}, errors.New("the time is bad")
	}
	return v.at, nil
}

type history = stages.Versions[string]

// archive is a source of histories, which the test changes.
type archive struct {
	versions map[int][]stages.Version[string]
	loaded   []int
	fails    error
}

func (a *archive) add(user int, from time.Time) {
	list := a.versions[user]
	if n := len(list); n > 0 {
		list[n-1].To = from
	}
	a.versions[user] = append(list, stages.Version[string]{From: from, Value: fmt.Sprintf("%d since %s", user, from.UTC().Format("02 15:04"))})
}

func (a *archive) load(_ context.Context, users []int) (map[int]history, error) {
	a.loaded = append(a.loaded, users...)
	found := map[int]history{}
	for _, u := range users {
		if list := a.versions[u]; len(list) > 0 {
			h, err := stages.NewVersions(slices.Clone(list))
			if err != nil {
				return nil, err
			}
			found[u] = h
		}
	}
	return found, a.fails
}

// want is the version that is valid for a sighting, by a scan.
func (a *archive) want(user int, at time.Time) string {
	for _, v := range a.versions[user] {
		if !at.Before(v.From) && (v.To.IsZero() || at.Before(v.To)) {
			return v.Value
		}
	}
	return ""
}

func shownResult(r stages.Result[string]) string {
	if r.State == stages.Loaded {
		return r.Value
	}
	return r.State.String()
}

// sightings is a plan of stages with versions, and of stages whose keys come from versions.
type sightings struct {
	archive   *archive
	plan      stages.Plan[sighting]
	one       stages.Node[sighting, string]
	many      stages.Node[sighting, stages.View[int, string]]
	after     stages.Node[sighting, int]
	afterMany stages.Node[sighting, stages.View[string, int]]
}

func newSightings(a *archive) *sightings {
	s := &sightings{archive: a}
	loader := stages.NewLoader(stages.MapSource(a.load), stages.LoaderConfig[int, history]{})
	lengths := stages.NewLoader(stages.MapSource(func(_ context.Context, keys []string) (map[string]int, error) {
		found := map[string]int{}
		for _, k := range keys {
			found[k] = len(k)
		}
		return found, nil
	}), stages.LoaderConfig[string, int]{})
	s.one = stages.AsOf(&s.plan, loader, stages.By(&s.plan, func(v sighting) int { return v.user }), sighting.time)
	s.many = stages.AsOfMany(&s.plan, loader, stages.ByEach(&s.plan, func(v sighting) iter.Seq[int] { return slices.Values(v.users) }), sighting.time)
	s.after = stages.One(&s.plan, lengths, stages.Then(s.one, func(s string) string { return s }))
	s.afterMany = stages.Many(&s.plan, lengths, stages.ThenEach(s.many, func(v stages.View[int, string]) iter.Seq[string] {
		return func(yield func(string) bool) {
			for _, r := range v.All() {
				if r.State == stages.Loaded && !yield(r.Value) {
					return
				}
			}
		}
	}))
	return s
}

// got describes the results of a row in all stages.
func (s *sightings) got(row stages.Row[sighting]) string {
	one, many := s.one.Of(row), s.many.Of(row)
	if one.State == stages.Failed {
		return fmt.Sprint(one.Err, "; ", s.after.Of(row).State, " ", many.State)
	}
	var all []string
	for user, r := range many.Value.All() {
		all = append(all, fmt.Sprint(user, " ", shownResult(r)))
	}
	return fmt.Sprint(shownResult(one), " ", s.after.Of(row).Value, "; ", all, " ", s.afterMany.Of(row).Value.Len())
}

// want describes what they have to be.
func (s *sightings) want(v sighting) string {
	if v.bad {
		return "the time is bad; blocked failed"
	}
	shown := func(user int) (text string, length int) {
		if text = s.archive.want(user, v.at); text == "" {
			return "missing", 0
		}
		return text, len(text)
	}
	one, length := shown(v.user)
	var all []string
	found := 0
	for _, user := range v.users {
		text, n := shown(user)
		all, found = append(all, fmt.Sprint(user, " ", text)), found+min(n, 1)
	}
	return fmt.Sprint(one, " ", length, "; ", all, " ", found)
}

// Each row has the version of its own time, in stages of one key and of many, and in stages whose keys come from a version. Rows of one
// group have the same.
func TestEachRowHasTheVersionOfItsTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		a := &archive{versions: map[int][]stages.Version[string]{}}
		for u := 1; u <= 4; u++ {
			days := rapid.SliceOfNDistinct(rapid.IntRange(2, 28), 0, 6, rapid.ID).Draw(rt, "days")
			slices.Sort(days)
			for _, d := range days {
				a.add(u, day(d))
			}
		}
		s := newSightings(a)
		lists := rapid.Bool().Draw(rt, "lists")
		events := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) sighting {
			v := sighting{
				user: rapid.IntRange(1, 5).Draw(t, "user"),
				at:   day(rapid.IntRange(1, 29).Draw(t, "day")).Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "around"))),
				bad:  rapid.IntRange(0, 9).Draw(t, "bad") == 0,
			}
			if lists {
				v.users = rapid.SliceOfN(rapid.IntRange(1, 5), 0, 3).Draw(t, "users")
			}
			return v
		}), 1, 30).Draw(rt, "events")
		groups := map[int]string{}
		for row := range s.plan.Run(t.Context(), events).All() {
			got, want := s.got(row), s.want(row.Event())
			if !strings.HasSuffix(got, want) {
				rt.Fatalf("%v: got %s, want %s", row.Event(), got, want)
			}
			if g := row.Group(); g >= 0 {
				if before, known := groups[g]; known && before != got {
					rt.Fatalf("rows of one group have %s and %s", before, got)
				}
				groups[g] = got
			}
		}
	})
}

// What rows without a key, rows left out by a condition and rows of a failed load have.
func TestRowsWithoutAVersion(t *testing.T) {
	t.Parallel()
	a := &archive{versions: map[int][]stages.Version[string]{}}
	a.add(1, day(5))
	loader := stages.NewLoader(stages.MapSource(a.load), stages.LoaderConfig[int, history]{})
	var p stages.Plan[sighting]
	p.MaxElapsed = -1
	wanted := stages.By(&p, func(v sighting) bool { return len(v.users) == 0 })
	one := stages.AsOf(&p, loader, stages.ByErr(&p, func(v sighting) (int, error) {
		if v.user == 0 {
			return 0, stages.ErrNoKey
		}
		return v.user, nil
	}), sighting.time, wanted)
	visits := []sighting{{user: 0, bad: true}, {user: 1, at: day(6), users: []int{1}}, {user: 1, at: day(6)}, {user: 2, at: day(6)}}
	var got []string
	for row := range p.Run(t.Context(), visits).All() {
		r := one.Of(row)
		got = append(got, fmt.Sprint(shownResult(r), " ", errors.Is(r.Err, stages.ErrNoKey), errors.Is(r.Err, stages.ErrSkipped)))
	}
	want := []string{"missing true false", "missing true true", "1 since 05 00:00 false false", "missing false false"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	a.fails = stages.KeyErrors[int]{1: stages.WithClass(errors.New("row 1 is bad"), stages.Permanent)}
	for row := range p.Run(t.Context(), visits[2:3]).All() {
		if r := one.Of(row); r.State != stages.Failed || !strings.Contains(r.Err.Error(), "row 1 is bad") {
			t.Errorf("%v %v", r.State, r.Err)
		}
	}
}
