package stages_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/cache"
)

// cachedArchive is an archive in which the first user has a version since two hours ago, and a loader of it with a cache. Both end with the
// test.
func cachedArchive(t *testing.T, appendOnly bool, view cache.ViewConfig[int, history]) (*archive, *stages.Loader[int, history]) {
	t.Helper()
	memory, err := cache.New(cache.Config{MaxBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(memory.Close)
	a := &archive{versions: map[int][]stages.Version[string]{}}
	a.add(1, time.Now().Add(-2*time.Hour))
	view.Loader = "history"
	loader := stages.NewLoader(stages.MapSource(a.load), stages.LoaderConfig[int, history]{AppendOnly: appendOnly, Cache: cache.For(memory, view)})
	t.Cleanup(loader.Close)
	return a, loader
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
				first := time.Now()
				a, loader := cachedArchive(t, tc.appendOnly, cache.ViewConfig[int, history]{
					TTL: time.Minute, NegativeTTL: time.Minute, KeepExpired: true, RefreshAfter: 0.5,
				})
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
		a, loader := cachedArchive(t, true, cache.ViewConfig[int, history]{TTL: time.Minute, KeepExpired: true})
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
