package metrics_test

import (
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/metrics"
	"github.com/loaderline/loaderline/stages"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	var stats map[string]stages.BackendStats
	m := metrics.New(metrics.Config{Pipeline: "p", Sources: []string{"api", "shop"}, SourceStats: func() map[string]stages.BackendStats { return stats }})
	for _, c := range []struct {
		stats map[string]stages.BackendStats
		want  map[string]float64
	}{
		{nil, map[string]float64{
			`loaderline_source_breaker_state{source="api",state="closed"}`: 1, `loaderline_source_breaker_state{source="api",state="open"}`: 0,
			`loaderline_source_rejected_calls_total{source="shop"}`: 0, `loaderline_source_rate_wait_seconds_total{source="shop"}`: 0,
		}},
		{map[string]stages.BackendStats{"api": {Breaker: "open", Rejected: 3}, "shop": {RateWait: 1500 * time.Millisecond}}, map[string]float64{
			`loaderline_source_breaker_state{source="api",state="closed"}`: 0, `loaderline_source_breaker_state{source="api",state="open"}`: 1,
			`loaderline_source_breaker_state{source="shop",state="closed"}`: 1, `loaderline_source_breaker_state{source="shop",state="half_open"}`: 0,
			`loaderline_source_rejected_calls_total{source="api"}`: 3, `loaderline_source_rate_wait_seconds_total{source="shop"}`: 1.5,
		}},
	} {
		stats = c.stats
		got := series(t, scrape(t, m))
		for name, want := range c.want {
			if value, there := got[name]; !there || value != want {
				t.Errorf("%s is %v, %v, want %v", name, value, there, want)
			}
		}
	}
}
