package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/loaderline/loaderline/internal/invalidation"
)

// Changes says what is known of invalidations. Its functions are called at each scrape; nil ones are for zeros.
type Changes struct {
	// Topics are the topics that are read. Their series start at zero.
	Topics []string
	Counts func() invalidation.Counts
	Status func() invalidation.Status
}

// changes collects what is known of invalidations.
type changes struct {
	Changes

	stages                                          []string
	invalidations, records, lag, staleness, waiting *prometheus.Desc
}

func newChanges(of Changes, stages []string) *changes {
	if of.Counts == nil {
		of.Counts = func() invalidation.Counts { return invalidation.Counts{} }
	}
	if of.Status == nil {
		of.Status = func() invalidation.Status { return invalidation.Status{} }
	}
	return &changes{
		Changes: of, stages: stages,
		invalidations: describe("invalidations_total", "Invalidations by stage and scope: key for each key, all where everything of the stage was invalidated at once.", "stage", "scope"),
		records:       describe("change_records_total", "Records of change topics by result: applied, nothing (of no cached stage), or unclear, which invalidates everything that the record may be about.", "topic", "result"),
		lag:           describe("change_lag_records", "Offsets to the end of a change topic, over its partitions.", "topic"),
		staleness:     describe("change_staleness_seconds", "Time since the newest moment up to which all changes have been applied: cached values may be outdated by that much."),
		waiting:       describe("change_waiting", "1 until the change topics were read up to the end that they had at the start; then 0."),
	}
}

// Describe implements prometheus.Collector.
func (c *changes) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.invalidations, c.records, c.lag, c.staleness, c.waiting} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (c *changes) Collect(to chan<- prometheus.Metric) {
	send := func(desc *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(desc, kind, value, labels...)
	}
	const gauge, total = prometheus.GaugeValue, prometheus.CounterValue
	counts := c.Counts()
	for _, stage := range c.stages {
		send(c.invalidations, total, float64(counts.Keys[stage]), stage, "key")
		send(c.invalidations, total, float64(counts.All[stage]), stage, "all")
	}
	if len(c.Topics) == 0 {
		return
	}
	status := c.Status()
	for _, topic := range c.Topics {
		for _, result := range invalidation.Results() {
			send(c.records, total, float64(counts.Records[topic][result]), topic, result)
		}
		send(c.lag, gauge, float64(status.Lag[topic]), topic)
	}
	waiting, staleness := 0.0, 0.0
	if status.Waiting {
		waiting = 1
	}
	if !status.Current.IsZero() {
		staleness = max(time.Since(status.Current).Seconds(), 0)
	}
	send(c.staleness, gauge, staleness)
	send(c.waiting, gauge, waiting)
}
