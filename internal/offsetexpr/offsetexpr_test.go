package offsetexpr_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/offsetexpr"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]offsetexpr.Position{
		"earliest":                  {},
		"latest":                    {Kind: offsetexpr.Latest},
		"0":                         {Kind: offsetexpr.Offset},
		"1000":                      {Kind: offsetexpr.Offset, Offset: 1000},
		"3:1000":                    {Kind: offsetexpr.Partitions, At: map[int32]int64{3: 1000}},
		"0:10,3:1000":               {Kind: offsetexpr.Partitions, At: map[int32]int64{0: 10, 3: 1000}},
		"@1764000000123":            {Kind: offsetexpr.Time, Time: time.UnixMilli(1764000000123).UTC()},
		"2026-11-24T08:00:00Z":      {Kind: offsetexpr.Time, Time: time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)},
		"2026-11-24T08:00:00+01:00": {Kind: offsetexpr.Time, Time: time.Date(2026, 11, 24, 8, 0, 0, 0, time.FixedZone("", 3600))},
		"-2h":                       {Kind: offsetexpr.Ago, Ago: 2 * time.Hour},
		"-1h30m":                    {Kind: offsetexpr.Ago, Ago: 90 * time.Minute},
		"-7d":                       {Kind: offsetexpr.Ago, Ago: 7 * 24 * time.Hour},
	} {
		t.Run(text, func(t *testing.T) {
			got, err := offsetexpr.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatIsNoPosition(t *testing.T) {
	for _, text := range []string{
		"", " ", "soon", "Earliest", "+1", "1.5", "9223372036854775808", "-", "--2h", "-+2h", "-2", "-2x", "-1.5d", "-99999d",
		"@", "@-1", "@soon", "3:", ":3", "3:-1", "-3:1", "3:1,", "3:1,3:2", "4294967296:1", "3:1:2", "2026-11-24T08:00:00", "2026-11-24",
	} {
		if p, err := offsetexpr.Parse(text); err == nil {
			t.Errorf("%q is position %s", text, p)
		}
	}
}

func TestAPositionReadsAsItIsWritten(t *testing.T) {
	positions := rapid.OneOf(
		rapid.SampledFrom([]offsetexpr.Position{{}, {Kind: offsetexpr.Latest}}),
		rapid.Map(rapid.Int64Min(0), func(n int64) offsetexpr.Position { return offsetexpr.Position{Kind: offsetexpr.Offset, Offset: n} }),
		rapid.Map(rapid.MapOfN(rapid.Int32Min(0), rapid.Int64Min(0), 1, 5), func(at map[int32]int64) offsetexpr.Position {
			return offsetexpr.Position{Kind: offsetexpr.Partitions, At: at}
		}),
		rapid.Map(rapid.Int64Range(0, 4_000_000_000_000), func(ms int64) offsetexpr.Position {
			return offsetexpr.Position{Kind: offsetexpr.Time, Time: time.UnixMilli(ms).UTC()}
		}),
		rapid.Map(rapid.Int64Min(0), func(d int64) offsetexpr.Position {
			return offsetexpr.Position{Kind: offsetexpr.Ago, Ago: time.Duration(d)}
		}),
	)
	rapid.Check(t, func(t *rapid.T) {
		want := positions.Draw(t, "position")
		var got offsetexpr.Position
		if err := got.Set(want.String()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s: %s", want, diff)
		}
	})
}

func ExampleParse() {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	p, err := offsetexpr.Parse("-2h")
	if err != nil {
		fmt.Println(err)
		return
	}
	moment, _ := p.Moment(now)
	fmt.Println(moment.Format(time.RFC3339))
	// Output: 2026-11-24T10:00:00Z
}
