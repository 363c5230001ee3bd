package metrics

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/loaderline/loaderline/internal/backlog"
)

// Backlog is how far the group is behind.
type Backlog interface {
	// Answered reports whether the cluster was asked with success lately.
	Answered() bool
	// Lags are the lags of the partitions of this process.
	Lags() []backlog.Lag
	// Stalled says why nothing is committed though records wait, or nil.
	Stalled() *backlog.Stall
}

// lag shows a Backlog. A scrape never waits for Kafka.
type lag struct {
	backlog                                  Backlog
	records, seconds, up, open, stalled, due *prometheus.Desc
}

func newLag(of Backlog) *lag {
	return &lag{
		backlog: of,
		records: describe("consumer_lag_records", "Offsets between the group's committed one and the end, in the partitions of this process, and in partitions that no member has. Transaction markers count. While Kafka is unreachable, only partitions that were behind are included.", "topic", "partition"),
		seconds: describe("consumer_lag_seconds", "Age of the newest record that was polled, if more records remain, or the time for which they wait if none did before; 0 if none remain, or if a retry topic waits for its time.", "topic", "partition"),
		up:      describe("consumer_lag_up", "1 while Kafka reports the group's offsets; 0 while it does not, and the lag is old or missing."),
		open:    describe("open_transaction_seconds", "Time for which a transaction of another producer has kept records waiting in a partition that the pipeline reads.", "topic", "partition", "producer_id"),
		due:     describe("retry_due_timestamp_seconds", "When the next event that waits in a retry topic is due, as a Unix time; 0 if none waits."),
		stalled: describe("stalled", "1 for the reason why nothing was committed for 30 seconds although records wait, 0 for the other reasons: kafka (it does not answer), outage (of a source), open_transaction (of another producer), slow_brokers, session (lost repeatedly), group (not joined, or no member has the partition), retry_keys (too many wait), work (on the same records), or unknown.", "reason"),
	}
}

// Describe implements prometheus.Collector.
func (l *lag) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{l.records, l.seconds, l.up, l.open, l.stalled, l.due} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (l *lag) Collect(to chan<- prometheus.Metric) {
	const gauge = prometheus.GaugeValue
	lags := l.backlog.Lags()
	for _, p := range lags {
		number := strconv.Itoa(int(p.Number))
		to <- prometheus.MustNewConstMetric(l.records, gauge, float64(p.End-p.Committed), p.Topic, number)
		to <- prometheus.MustNewConstMetric(l.seconds, gauge, p.Seconds, p.Topic, number)
		if t := p.Blocked; t != nil {
			to <- prometheus.MustNewConstMetric(l.open, gauge, max(time.Since(t.Since).Seconds(), 0), p.Topic, number, strconv.FormatInt(t.ProducerID, 10))
		}
	}
	next := 0.0
	if waiting, due := backlog.Retries(lags); waiting > 0 {
		next = float64(due.UnixMilli()) / 1000
	}
	to <- prometheus.MustNewConstMetric(l.due, gauge, next)
	to <- prometheus.MustNewConstMetric(l.up, gauge, number(l.backlog.Answered()))
	stall := l.backlog.Stalled()
	for _, reason := range backlog.Reasons() {
		to <- prometheus.MustNewConstMetric(l.stalled, gauge, number(stall != nil && stall.Reason == reason), string(reason))
	}
}

func number(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
