package stages_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/cache"
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

// With a history that is append-only, what was loaded is final for earlier times, and the ttl decides about later ones.
func TestAppendOnlyHistories(t *testing.T) {
	for name, tc := range map[string]struct {
		appendOnly       bool
		at               time.Duration // of the event, from the time of the load
		refreshed, loads int           // after 45 s, and after the ttl
	}{
		"long before":      {true, -time.Hour, 0, 0},
		"shortly before":   {true, -30 * time.Second, 1, 1}, // What was refreshed is final for it.
		"after":            {true, time.Second, 1, 2},
		"mutable":          {false, -time.Hour, 1, 2},
		"before the first": {true, -1000 * time.Hour, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				memory, err := cache.New(cache.Config{MaxBytes: 1 << 20})
				if err != nil {
					t.Fatal(err)
				}
				defer memory.Close()
				a := &archive{versions: map[int][]stages.Version[string]{}}
				first := time.Now()
				a.add(1, first.Add(-2*time.Hour))
				loader := stages.NewLoader(stages.MapSource(a.load), stages.LoaderConfig[int, history]{
					AppendOnly: tc.appendOnly,
					Cache: cache.For(memory, cache.ViewConfig[int, history]{
						Loader: "history", TTL: time.Minute, NegativeTTL: time.Minute, KeepExpired: true, RefreshAfter: 0.5,
					}),
				})
				defer loader.Close()
				var p stages.Plan[sighting]
				one := stages.AsOf(&p, loader, stages.By(&p, func(v sighting) int { return v.user }), sighting.time)
				run := func(user int, at time.Time) string {
					var got string
					for row := range p.Run(t.Context(), []sighting{{user: user, at: at}}).All() {
						got = shownResult(one.Of(row))
					}
					synctest.Wait()
					return got
				}
				run(1, first)
				run(2, first) // A user without a history.
				time.Sleep(45 * time.Second)
				a.loaded = nil
				run(1, first.Add(tc.at)) // Due for a refresh, unless the value is final.
				if len(a.loaded) != tc.refreshed {
					t.Errorf("%d keys were refreshed, want %d", len(a.loaded), tc.refreshed)
				}
				time.Sleep(10 * time.Minute)
				a.loaded = nil
				a.add(1, first.Add(-time.Second)) // Late, but by less than a minute.
				a.add(2, first.Add(30*time.Minute))
				want := a.want(1, first.Add(tc.at))
				if want == "" {
					want = "missing"
				}
				if got := run(1, first.Add(tc.at)); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
				if got := run(2, first.Add(tc.at)); got != "missing" {
					t.Errorf("the user without a history has %s", got)
				}
				if len(a.loaded) != tc.loads {
					t.Errorf("%v were loaded after the ttl, want %d", a.loaded, tc.loads)
				}
			})
		})
	}
}

// A key that two stages want for two times is loaded for the later one.
func TestStagesThatShareALoaderOfVersions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory, err := cache.New(cache.Config{MaxBytes: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		defer memory.Close()
		a := &archive{versions: map[int][]stages.Version[string]{}}
		first := time.Now()
		a.add(1, first.Add(-2*time.Hour))
		loader := stages.NewLoader(stages.MapSource(a.load), stages.LoaderConfig[int, history]{
			AppendOnly: true, Cache: cache.For(memory, cache.ViewConfig[int, history]{Loader: "history", TTL: time.Minute, KeepExpired: true}),
		})
		var p stages.Plan[sighting]
		user := stages.By(&p, func(v sighting) int { return v.user })
		before := stages.AsOf(&p, loader, user, func(v sighting) (time.Time, error) { return v.at.Add(-time.Hour), nil })
		now := stages.AsOf(&p, loader, stages.Then(before, func(string) int { return 1 }), sighting.time)
		same := stages.AsOf(&p, loader, user, sighting.time)
		all := stages.One(&p, loader, user)
		check := func(want string) {
			t.Helper()
			for row := range p.Run(t.Context(), []sighting{{user: 1, at: time.Now()}}).All() {
				versions := 0
				for range all.Of(row).Value.All() {
					versions++
				}
				got := fmt.Sprint(shownResult(before.Of(row)), ", ", shownResult(now.Of(row)), ", ", shownResult(same.Of(row)), ", ", versions)
				if got != want {
					t.Errorf("got  %s\nwant %s", got, want)
				}
			}
		}
		old := a.versions[1][0].Value
		check(fmt.Sprint(old, ", ", old, ", ", old, ", 1"))
		time.Sleep(30 * time.Minute)
		a.add(1, time.Now().Add(-5*time.Minute))
		check(fmt.Sprint(old, ", ", a.versions[1][1].Value, ", ", a.versions[1][1].Value, ", 2"))
	})
}

// RetryMissing waits for the version of the event's time.
func TestRetryMissingWaitsForTheVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &archive{versions: map[int][]stages.Version[string]{}}
		a.add(1, time.Now().Add(time.Hour))
		loader := stages.NewLoader(stages.MapSource(func(ctx context.Context, users []int) (map[int]history, error) {
			if len(a.loaded) == 2 {
				a.versions[1] = slices.Insert(a.versions[1], 0, stages.Version[string]{To: a.versions[1][0].From, Value: "late"})
			}
			return a.load(ctx, users)
		}), stages.LoaderConfig[int, history]{RetryMissing: true})
		var p stages.Plan[sighting]
		one := stages.AsOf(&p, loader, stages.By(&p, func(v sighting) int { return v.user }), sighting.time)
		for row := range p.Run(t.Context(), []sighting{{user: 1, at: time.Now()}}).All() {
			if got := shownResult(one.Of(row)); got != "late" || len(a.loaded) != 3 {
				t.Errorf("got %s after %d loads", got, len(a.loaded))
			}
		}
	})
}
