package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/loaderline/loaderline/internal/resultcache"
)

// newTiers shows what the tiers below the memory have answered.
func newTiers(tiers []string, stats func() resultcache.Stats) prometheus.Collector {
	var (
		hits       = describe("cache_tier_hits_total", "Keys that a cache below the memory had, including keys known to be missing.", "tier")
		misses     = describe("cache_tier_misses_total", "Requested keys that a cache below the memory did not have or could not look up.", "tier")
		unreadable = describe("cache_tier_unreadable_total", "Entries of a cache below the memory that could not be decoded.", "tier")
	)
	all := askedAll[resultcache.Stats]{ask: stats}
	for _, tier := range tiers {
		for _, m := range []struct {
			desc  *prometheus.Desc
			value func(resultcache.TierStats) uint64
		}{
			{hits, func(s resultcache.TierStats) uint64 { return s.Hits }},
			{misses, func(s resultcache.TierStats) uint64 { return s.Misses }},
			{unreadable, func(s resultcache.TierStats) uint64 { return s.Unreadable }},
		} {
			of := func(now resultcache.Stats) float64 {
				for _, s := range now.Tiers {
					if s.Name == tier {
						return float64(m.value(s))
					}
				}
				return 0
			}
			all.metrics = append(all.metrics, asked[resultcache.Stats]{m.desc, prometheus.CounterValue, of, []string{tier}})
		}
	}
	return all
}
