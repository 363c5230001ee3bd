package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/cachetier"
)

// work counts what stages did, and how long the steps of transactions took.
type work struct {
	tiers                               []string // of the cache
	calls, callTime, critical, tierHits *prometheus.CounterVec
	steps                               *prometheus.CounterVec
}

func newWork(stages, tiers []string) *work {
	w := &work{
		tiers: append([]string{cachetier.MemoryName}, tiers...),
		calls: counter("stage_calls_total", "Bulk calls of sources for a stage. A call that stages share counts for the first of them.", "stage"),
		callTime: counter("stage_call_seconds_total",
			"Duration of the bulk calls for a stage, all together. Calls that run at the same time each count in full.", "stage"),
		critical: counter("stage_critical_seconds_total",
			"Time for which transactions waited for a stage and for no other: it is on the critical path. Compare it with transaction_seconds_total of all steps.", "stage"),
		tierHits: counter("stage_tier_hits_total", "Keys of a stage that a tier of the cache had, including keys known to be missing. Stale values are not counted.", "stage", "tier"),
		steps: counter("transaction_seconds_total",
			"Duration of the steps of committed transactions, over all workers: load (decode events and look up what they need), encode (make the records), and commit (publish them and commit).", "step"),
	}
	for _, stage := range stages {
		for _, byStage := range []*prometheus.CounterVec{w.calls, w.callTime, w.critical} {
			byStage.WithLabelValues(stage)
		}
		for _, tier := range w.tiers {
			w.tierHits.WithLabelValues(stage, tier)
		}
	}
	w.commit(loaderline.Tally{})
	return w
}

func (w *work) all() []prometheus.Collector {
	return []prometheus.Collector{w.calls, w.callTime, w.critical, w.tierHits, w.steps}
}

// commit adds a tally.
func (w *work) commit(t loaderline.Tally) {
	w.steps.WithLabelValues("load").Add(t.LoadTime.Seconds())
	w.steps.WithLabelValues("encode").Add(t.EncodeTime.Seconds())
	w.steps.WithLabelValues("commit").Add(t.CommitTime.Seconds())
	for _, s := range t.Stages {
		w.calls.WithLabelValues(s.Stage).Add(float64(s.Calls))
		w.callTime.WithLabelValues(s.Stage).Add(s.CallTime.Seconds())
		w.critical.WithLabelValues(s.Stage).Add(s.Critical.Seconds())
		for i, hits := range s.Tiers {
			w.tierHits.WithLabelValues(s.Stage, w.tiers[i]).Add(float64(hits))
		}
	}
}
