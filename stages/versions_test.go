package stages_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/stages"
)

// day is a time in days; the zero day is open.
func day(n int) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Date(2024, 1, n, 0, 0, 0, 0, time.UTC)
}

func between(from, to int) stages.Version[int] {
	return stages.Version[int]{From: day(from), To: day(to), Value: from*100 + to}
}

func TestVersionsThatCannotBe(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		versions []stages.Version[int]
		says     string
	}{
		"ends before":  {[]stages.Version[int]{between(5, 3)}, "from 2024-01-05T00:00:00Z to 2024-01-03T00:00:00Z ends before it begins"},
		"overlap":      {[]stages.Version[int]{between(4, 8), between(1, 5)}, "from 2024-01-01T00:00:00Z to 2024-01-05T00:00:00Z and from 2024-01-04T00:00:00Z to 2024-01-08T00:00:00Z overlap"},
		"open":         {[]stages.Version[int]{between(1, 0), between(4, 8)}, "to ... and from 2024-01-04"},
		"both open":    {[]stages.Version[int]{between(0, 3), between(0, 5)}, "overlap"},
		"the same":     {[]stages.Version[int]{between(2, 3), between(2, 3)}, "overlap"},
		"across empty": {[]stages.Version[int]{between(2, 9), between(3, 3), between(4, 5)}, "overlap"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := stages.NewVersions(tc.versions); err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("error %v, want %q", err, tc.says)
			}
		})
	}
}

// versionsOfMonth draws versions that do not overlap, with gaps and open ends.
func versionsOfMonth(rt *rapid.T) []stages.Version[int] {
	bounds := rapid.SliceOfNDistinct(rapid.IntRange(1, 31), 0, 12, rapid.ID).Draw(rt, "bounds")
	slices.Sort(bounds)
	n := len(bounds)
	if n == 0 {
		return nil
	}
	last := bounds[n-1]
	if rapid.Bool().Draw(rt, "open begin") {
		bounds[0] = 0
	}
	var list []stages.Version[int]
	for i := 0; i+1 < n; i++ {
		if rapid.IntRange(0, 3).Draw(rt, "gap") > 0 {
			list = append(list, between(bounds[i], bounds[i+1]))
		}
	}
	if n > 1 && rapid.Bool().Draw(rt, "open end") {
		list = append(list, between(last, 0))
	}
	return list
}

// scanned is the value of the version that is valid at a time, by a scan of all; -1 for none.
func scanned(all []stages.Version[int], at time.Time) int {
	for _, v := range all {
		if (v.From.IsZero() || !at.Before(v.From)) && (v.To.IsZero() || at.Before(v.To)) {
			return v.Value
		}
	}
	return -1
}

// At finds what a scan of all versions finds, at their bounds and around them.
func TestAtFindsWhatIsValid(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		all := versionsOfMonth(rt)
		versions, err := stages.NewVersions(rapid.Permutation(slices.Clone(all)).Draw(rt, "order"))
		if err != nil {
			rt.Fatal(err)
		}
		for n := 1; n <= 32; n++ {
			for _, around := range []time.Duration{-1, 0, 1} {
				at, got := day(n).Add(around), -1
				if i, ok := versions.At(at); ok {
					got = versions.Version(i)
				}
				if want := scanned(all, at); got != want {
					rt.Fatalf("at %v: version %d, want %d of %v", at, got, want, all)
				}
			}
		}
	})
}
