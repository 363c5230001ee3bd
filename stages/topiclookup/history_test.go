package topiclookup_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/stages/topiclookup"
)

// at is the row of a list of versions that was valid at a time, empty if there was none.
func at(versions []topiclookup.Version, when int64) string {
	row := ""
	for _, v := range versions {
		if v.At <= when {
			row = v.Row
		}
	}
	return row
}

// A history has the rows of all times since its edge, in whatever order the versions came. Rows of before are gone but for one.
func TestHistory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var (
			history []byte
			all     []topiclookup.Version // sorted by time
			edge    int64
		)
		for range rapid.IntRange(1, 30).Draw(t, "versions") {
			v := topiclookup.Version{At: rapid.Int64Range(0, 20).Draw(t, "at"), Row: rapid.SampledFrom([]string{"", "{}", `{"n":1}`, `{"n":2}`}).Draw(t, "row")}
			edge = max(edge, rapid.Int64Range(-1, 20).Draw(t, "edge"))
			if kept := topiclookup.Versions(history); v.At <= edge && len(all) > 0 && (len(kept) == 0 || v.At < kept[0].At) {
				continue // It may be older than a removal that was forgotten.
			}
			i, found := slices.BinarySearchFunc(all, v, func(a, b topiclookup.Version) int { return int(a.At - b.At) })
			if found {
				all[i] = v
			} else {
				all = slices.Insert(all, i, v)
			}
			history = topiclookup.Revise(history, v, edge)
			kept := topiclookup.Versions(history)
			for when := edge; when <= 21; when++ {
				if got, want := at(kept, when), at(all, when); got != want {
					t.Fatalf("at %d: %q, want %q; of %v remains %v, edge %d", when, got, want, all, kept, edge)
				}
			}
			before := 0
			for i, v := range kept {
				if v.At <= edge {
					before++
				}
				if i > 0 && v.At <= kept[i-1].At {
					t.Fatalf("the times of %v do not increase", kept)
				}
			}
			if before > 1 || before == 1 && kept[0].Row == "" {
				t.Fatalf("%v is more than it takes from %d on", kept, edge)
			}
			if latest := string(topiclookup.Latest(history)); len(kept) > 0 && latest != kept[len(kept)-1].Row {
				t.Fatalf("the latest row of %v is %s", kept, latest)
			}
		}
	})
}

func TestPruneLeavesWhatIsValid(t *testing.T) {
	t.Parallel()
	var history []byte
	for _, v := range []topiclookup.Version{{10, "{}"}, {20, ""}, {30, `{"n":1}`}, {40, `{"n":2}`}} {
		history = topiclookup.Revise(history, v, 0)
	}
	for edge, want := range map[int64][]topiclookup.Version{
		9:  {{10, "{}"}, {20, ""}, {30, `{"n":1}`}, {40, `{"n":2}`}},
		10: {{10, "{}"}, {20, ""}, {30, `{"n":1}`}, {40, `{"n":2}`}},
		20: {{30, `{"n":1}`}, {40, `{"n":2}`}},
		39: {{30, `{"n":1}`}, {40, `{"n":2}`}},
		99: {{40, `{"n":2}`}},
	} {
		pruned, less := topiclookup.Prune(history, edge)
		if diff := cmp.Diff(want, topiclookup.Versions(pruned)); diff != "" || less != (len(want) < 4) {
			t.Errorf("edge %d, less %v:\n%s", edge, less, diff)
		}
	}
	if pruned, less := topiclookup.Prune(topiclookup.Revise(nil, topiclookup.Version{At: 10}, 0), 10); pruned != nil || !less {
		t.Errorf("a removal remains: %v", topiclookup.Versions(pruned))
	}
}

func TestVersionsAsRows(t *testing.T) {
	t.Parallel()
	day := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC).UnixMilli()
	var history []byte
	for _, v := range []topiclookup.Version{{day, "{}"}, {day + 1500, ""}, {day + 2000, `{"n":1}`}, {day + 3000, `{"n":[2]}`}} {
		history = topiclookup.Revise(history, v, 0)
	}
	const want = `[{"_from":"2024-02-29T12:00:00Z","_to":"2024-02-29T12:00:01.5Z"},` +
		`{"_from":"2024-02-29T12:00:02Z","_to":"2024-02-29T12:00:03Z","n":1},{"_from":"2024-02-29T12:00:03Z","_to":null,"n":[2]}]`
	if got := topiclookup.AppendVersions(nil, history); string(got) != want || !json.Valid(got) {
		t.Errorf("versions %s, want %s", got, want)
	}
	if got := topiclookup.AppendVersions(nil, topiclookup.Revise(nil, topiclookup.Version{At: day}, 0)); got != nil {
		t.Errorf("versions of a key that was removed: %s", got)
	}
}
