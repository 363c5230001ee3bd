package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/loaderline/loaderline/stages"
)

// newLimits shows how the limits of sources work. A source without a breaker is one whose breaker is closed.
func newLimits(sources []string, stats func() map[string]stages.BackendStats) prometheus.Collector {
	type all = map[string]stages.BackendStats
	var (
		state    = describe("source_breaker_state", "1 for the state of a source's circuit breaker, 0 for the others: closed (also without a breaker), half_open (one call tries) and open.", "source", "state")
		rejected = describe("source_rejected_calls_total", "Calls of sources that were not made because the breaker was open, or because of Retry-After.", "source")
		waited   = describe("source_rate_wait_seconds_total", "Total time that calls of sources have waited for the rate limit.", "source")
	)
	limits := askedAll[all]{ask: stats}
	add := func(desc *prometheus.Desc, kind prometheus.ValueType, value func(all) float64, labels ...string) {
		limits.metrics = append(limits.metrics, asked[all]{desc, kind, value, labels})
	}
	for _, source := range sources {
		for _, s := range []string{"closed", "half_open", "open"} {
			add(state, prometheus.GaugeValue, func(now all) float64 {
				is := now[source].Breaker
				if is == s || is == "" && s == "closed" {
					return 1
				}
				return 0
			}, source, s)
		}
		add(rejected, prometheus.CounterValue, func(now all) float64 { return float64(now[source].Rejected) }, source)
		add(waited, prometheus.CounterValue, func(now all) float64 { return now[source].RateWait.Seconds() }, source)
	}
	return limits
}
