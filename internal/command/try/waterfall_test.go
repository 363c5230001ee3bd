package try_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/command/try"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/topicread"
)

func TestWaterfall(t *testing.T) {
	r := try.Report{
		Outcome: try.DeadLetter, Millis: 31.25, Degraded: "user=stale:95s",
		Record:  &topicread.Line{Topic: "dead"},
		Failure: &try.Failure{Kind: "lookup", Stage: "reviews", Code: "57014", Message: "canceled"},
		Stages: []try.Stage{
			{Name: "user", From: []string{"stale"}, Keys: 1, Rows: 1, Stale: 95, LeftOut: 2},
			{Name: "purchases", From: []string{"memory", "source"}, Keys: 2, Rows: 40, Calls: 1, Age: 3, End: 20},
			{Name: "reviews", From: []string{"source"}, Keys: 40, Failed: 3, Calls: 9, Start: 20, End: 30},
			{Name: "seller", From: []string{}},
			{Name: "rating", From: []string{}, Skipped: true},
		},
	}
	const want = `
dead letter in 31.2 ms, for dead: lookup in stage reviews (57014): canceled
degraded: user=stale:95s
  stage      from                    keys   rows  calls               ms
  user       stale, 95s old             1      1      0     0.00 to 0.00  █
  purchases  memory+source, 3s old      2     40      1    0.00 to 20.00  ██████
  reviews    source, failed            40      0      9   20.00 to 30.00        ████
  seller     no key                     0      0      0     0.00 to 0.00
  rating     left out                   0      0      0     0.00 to 0.00
warning: stage user: rows for keys that were not asked for are left out (2)
`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), r.Waterfall(console.Palette{})); diff != "" {
		t.Error(diff)
	}
}
