package position_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/position"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]position.Position{
		"earliest":                  {},
		"latest":                    {Kind: position.Latest},
		"0":                         {Kind: position.Offset},
		"1000":                      {Kind: position.Offset, Offset: 1000},
		"3:1000":                    {Kind: position.Partitions, At: map[int32]int64{3: 1000}},
		"0:10,3:1000":               {Kind: position.Partitions, At: map[int32]int64{0: 10, 3: 1000}},
		"@1764000000123":            {Kind: position.Time, Time: time.UnixMilli(1764000000123).UTC()},
		"2026-11-24T08:00:00Z":      {Kind: position.Time, Time: time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)},
		"2026-11-24T08:00:00+01:00": {Kind: position.Time, Time: time.Date(2026, 11, 24, 8, 0, 0, 0, time.FixedZone("", 3600))},
		"-2h":                       {Kind: position.Ago, Ago: 2 * time.Hour},
		"-1h30m":                    {Kind: position.Ago, Ago: 90 * time.Minute},
		"-7d":                       {Kind: position.Ago, Ago: 7 * 24 * time.Hour},
	} {
		t.Run(text, func(t *testing.T) {
			got, err := position.Parse(text)
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
		if p, err := position.Parse(text); err == nil {
			t.Errorf("%q is position %s", text, p)
		}
	}
}

func TestAPositionReadsAsItIsWritten(t *testing.T) {
	positions := rapid.OneOf(
		rapid.SampledFrom([]position.Position{{}, {Kind: position.Latest}}),
		rapid.Map(rapid.Int64Min(0), func(n int64) position.Position { return position.Position{Kind: position.Offset, Offset: n} }),
		rapid.Map(rapid.MapOfN(rapid.Int32Min(0), rapid.Int64Min(0), 1, 5), func(at map[int32]int64) position.Position {
			return position.Position{Kind: position.Partitions, At: at}
		}),
		rapid.Map(rapid.Int64Range(0, 4_000_000_000_000), func(ms int64) position.Position {
			return position.Position{Kind: position.Time, Time: time.UnixMilli(ms).UTC()}
		}),
		rapid.Map(rapid.Int64Min(0), func(d int64) position.Position {
			return position.Position{Kind: position.Ago, Ago: time.Duration(d)}
		}),
	)
	rapid.Check(t, func(t *rapid.T) {
		want := positions.Draw(t, "position")
		var got position.Position
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
	p, err := position.Parse("-2h")
	if err != nil {
		fmt.Println(err)
		return
	}
	moment, _ := p.Moment(now)
	fmt.Println(moment.Format(time.RFC3339))
	// Output: 2026-11-24T10:00:00Z
}
