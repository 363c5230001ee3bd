package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/abort"
	"github.com/loaderline/loaderline/sink"
)

const (
	committed = "committed"
	aborted   = "aborted"
)

// outcomes count what became of records, keys and micro-batches.
type outcomes struct {
	records      *prometheus.CounterVec
	deadLetters  *prometheus.CounterVec
	stageKeys    *prometheus.CounterVec
	transactions *prometheus.CounterVec
	batch        prometheus.Histogram
	lastCommit   prometheus.Gauge
}

func newOutcomes(stages []string) *outcomes {
	o := &outcomes{
		records: counter("records_total", "Input records by outcome: enriched, forwarded (a tombstone), filtered (left out before any lookup), dropped, dead_lettered, or retried (it waits in a retry topic, and is counted again when it is retried).", "outcome"),
		deadLetters: counter("dead_letters_total",
			"Dead letters by kind (decode, key, missing, lookup, encode, too_large) and by the stage at fault, empty where it is none's.", "kind", "stage"),
		stageKeys: counter("stage_keys_total",
			"Keys of stages: unique are the distinct keys of a micro-batch, and each of them is one of hit, negative (known to be missing), coalesced (loaded for another stage or batch), loaded, missing or failed.", "stage", "result"),
		transactions: counter("transactions_total",
			"Transactions, each of one or several micro-batches, by result: committed, or aborted, so that their records are polled again. The reason of an abort is rebalance, outage, shutdown, refused, overflow or error.", "result", "reason"),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Name: "batch_records", Help: "Input records in a committed micro-batch.",
			Buckets: []float64{1, 10, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 50_000},
		}),
		lastCommit: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespace, Name: "last_commit_timestamp_seconds", Help: "When a micro-batch was last committed, as a Unix time; 0 before the first.",
		}),
	}
	o.commit(loaderline.Tally{}, time.Time{})
	for _, kind := range []sink.Kind{sink.KindDecode, sink.KindEncode, sink.KindTooLarge} {
		o.deadLetters.WithLabelValues(string(kind), "")
	}
	for _, stage := range stages {
		for _, kind := range []sink.Kind{sink.KindKey, sink.KindMissing, sink.KindLookup} {
			o.deadLetters.WithLabelValues(string(kind), stage)
		}
		for _, result := range []string{"unique", "hit", "negative", "coalesced", "loaded", "missing", "failed"} {
			o.stageKeys.WithLabelValues(stage, result)
		}
	}
	for _, reason := range abort.Reasons() {
		o.transactions.WithLabelValues(aborted, reason)
	}
	o.transactions.WithLabelValues(committed, "")
	return o
}

func (o *outcomes) all() []prometheus.Collector {
	return []prometheus.Collector{o.records, o.deadLetters, o.stageKeys, o.transactions, o.batch, o.lastCommit}
}

// commit adds a tally. One without records makes the series and is no micro-batch.
func (o *outcomes) commit(t loaderline.Tally, at time.Time) {
	dead := 0
	for why, n := range t.DeadLetters {
		o.deadLetters.WithLabelValues(string(why.Kind), why.Stage).Add(float64(n))
		dead += n
	}
	for outcome, n := range map[string]int{
		"enriched": t.Enriched, "forwarded": t.Forwarded, "filtered": t.Filtered, "dropped": t.Dropped, "dead_lettered": dead, "retried": t.Retried,
	} {
		o.records.WithLabelValues(outcome).Add(float64(n))
	}
	for _, s := range t.Stages {
		for result, n := range map[string]int{
			"unique": s.Unique, "hit": s.Hit, "negative": s.Negative, "coalesced": s.Coalesced, "loaded": s.Loaded, "missing": s.Missing, "failed": s.Failed,
		} {
			o.stageKeys.WithLabelValues(s.Stage, result).Add(float64(n))
		}
	}
	if t.Records == 0 {
		return
	}
	if t.Number == 0 {
		o.transactions.WithLabelValues(committed, "").Inc()
	}
	o.batch.Observe(float64(t.Records))
	o.lastCommit.Set(float64(at.UnixMilli()) / 1000)
}

func (o *outcomes) abort(reason string) {
	o.transactions.WithLabelValues(aborted, reason).Inc()
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
}
