package demo

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/loaderline/loaderline/internal/pipelinefile"
)

func TestTheSummaryFits80Columns(t *testing.T) {
	for _, command := range []string{"loaderline demo", "go run ./cmd/demo"} {
		for _, in := range []pipelinefile.Format{pipelinefile.FormatJSON, pipelinefile.FormatAvro} {
			s := Summary{
				Published: 1_000_000, Bad: 20_000, Enriched: 980_000, DeadLettered: 20_000,
				DeadLetters:  map[string]int{"decode": 10_000, "key": 5_000, "missing": 5_000},
				BackendCalls: 12_345, CallsPer1000: 12.3, HitRatio: 0.987, EventsPerSecond: 123_456, Seconds: 1234.5,
				format: in, command: command,
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
			if again := fmt.Sprintf("\n  %s --", command); !strings.Contains(page.String(), again) {
				t.Errorf("it does not say how to run the demo again:\n%s", page.String())
			}
		}
	}
}
