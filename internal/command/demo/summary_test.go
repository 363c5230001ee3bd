package demo_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/loaderline/loaderline/internal/command/demo"
)

func TestTheSummaryFits80Columns(t *testing.T) {
	s := demo.Summary{
		Published: 1_000_000, Bad: 20_000, Enriched: 980_000, DeadLettered: 20_000,
		DeadLetters:  map[string]int{"decode": 10_000, "key": 5_000, "missing": 5_000},
		BackendCalls: 12_345, CallsPer1000: 12.3, HitRatio: 0.987, EventsPerSecond: 123_456, Seconds: 1234.5,
	}
	var page strings.Builder
	if err := s.WriteText(&page); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(page.String()) {
		if n := utf8.RuneCountInString(line) - 1; n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}
