package metrics

import (
	"runtime"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/resultcache"
)

// outage is the one reason for a pause.
const outage = "outage"

// asked is a metric whose value is asked for at each scrape.
type asked[T any] struct {
	desc   *prometheus.Desc
	kind   prometheus.ValueType
	value  func(T) float64
	labels []string
}

// askedAll collects metrics from one answer.
type askedAll[T any] struct {
	ask     func() T
	metrics []asked[T]
}

// Describe implements prometheus.Collector.
func (a askedAll[T]) Describe(to chan<- *prometheus.Desc) {
	for _, m := range a.metrics {
		to <- m.desc
	}
}

// Collect implements prometheus.Collector.
func (a askedAll[T]) Collect(to chan<- prometheus.Metric) {
	answer := a.ask()
	for _, m := range a.metrics {
		to <- prometheus.MustNewConstMetric(m.desc, m.kind, m.value(answer), m.labels...)
	}
}

func newWorkers(status func() []loaderline.WorkerStatus) prometheus.Collector {
	const gauge = prometheus.GaugeValue
	return askedAll[[]loaderline.WorkerStatus]{ask: status, metrics: []asked[[]loaderline.WorkerStatus]{
		{describe("paused", "Workers whose partitions are paused, by reason: outage, while a source does not answer.", "reason"), gauge, count(paused), []string{outage}},
		{describe("workers", "Workers of this process."), gauge, func(all []loaderline.WorkerStatus) float64 { return float64(len(all)) }, nil},
		{describe("workers_joined", "Workers that are members of the consumer group now, with or without partitions."), gauge, count(joined), nil},
		{describe("workers_slowed", "Workers that take fewer records at once because the brokers acknowledge slowly, as under a quota."), gauge, count(slowed), nil},
		{describe("retry_keys", "Keys with events that wait in retry topics, in the partitions of this process. Later events of these keys wait behind them; not counted with retry.order: none."), gauge, retryKeys, nil},
	}}
}

func retryKeys(all []loaderline.WorkerStatus) float64 {
	n := 0
	for _, w := range all {
		n += w.RetryKeys
	}
	return float64(n)
}

func paused(w loaderline.WorkerStatus) bool { return w.Paused != "" }
func slowed(w loaderline.WorkerStatus) bool { return w.SlowBytes > 0 }
func joined(w loaderline.WorkerStatus) bool { return w.Joined }

func count(has func(loaderline.WorkerStatus) bool) func([]loaderline.WorkerStatus) float64 {
	return func(all []loaderline.WorkerStatus) float64 {
		n := 0
		for _, w := range all {
			if has(w) {
				n++
			}
		}
		return float64(n)
	}
}

func newCacheStats(stats func() resultcache.Stats) prometheus.Collector {
	const gauge, total = prometheus.GaugeValue, prometheus.CounterValue
	return askedAll[resultcache.Stats]{ask: stats, metrics: []asked[resultcache.Stats]{
		{describe("cache_bytes", "Memory that cached entries hold."), gauge, func(s resultcache.Stats) float64 { return float64(s.Bytes) }, nil},
		{describe("cache_max_bytes", "Memory that cached entries may hold."), gauge, func(s resultcache.Stats) float64 { return float64(s.MaxBytes) }, nil},
		{describe("cache_hits_total", "Keys that the cache had, including keys known to be missing."), total, func(s resultcache.Stats) float64 { return float64(s.Hits) }, nil},
		{describe("cache_negative_hits_total", "Keys that the cache knew to be missing."), total, func(s resultcache.Stats) float64 { return float64(s.NegativeHits) }, nil},
		{describe("cache_misses_total", "Requested keys that the cache did not have."), total, func(s resultcache.Stats) float64 { return float64(s.Misses) }, nil},
		{describe("cache_evictions_total", "Entries that made room for others."), total, func(s resultcache.Stats) float64 { return float64(s.Evictions) }, nil},
		{describe("cache_expirations_total", "Entries that were removed after their time."), total, func(s resultcache.Stats) float64 { return float64(s.Expirations) }, nil},
		{describe("cache_rejections_total", "New entries that a full cache did not keep, because they were requested less often than those in it."), total, func(s resultcache.Stats) float64 { return float64(s.Rejected) }, nil},
	}}
}

func newReused(events func() uint64) prometheus.Collector {
	return askedAll[uint64]{ask: events, metrics: []asked[uint64]{{
		describe("reused_events_total", "Events that reused the encoded results of an event with the same keys a few seconds before. Their keys are not counted as requested."),
		prometheus.CounterValue, func(n uint64) float64 { return float64(n) }, nil,
	}}}
}

func newDiskStats(stats func() cachetier.DiskStats) prometheus.Collector {
	const gauge, total = prometheus.GaugeValue, prometheus.CounterValue
	return askedAll[cachetier.DiskStats]{ask: stats, metrics: []asked[cachetier.DiskStats]{
		{describe("cache_disk_up", "1 while the cache on disk is in use; 0 if there is none, or if the disk failed."), gauge, func(s cachetier.DiskStats) float64 {
			if s.Up {
				return 1
			}
			return 0
		}, nil},
		{describe("cache_disk_bytes", "Bytes in the files of the cache on disk."), gauge, func(s cachetier.DiskStats) float64 { return float64(s.Bytes) }, nil},
		{describe("cache_disk_max_bytes", "The most bytes in the files of the cache on disk."), gauge, func(s cachetier.DiskStats) float64 { return float64(s.MaxBytes) }, nil},
		{describe("cache_disk_written_total", "Entries that the disk kept."), total, func(s cachetier.DiskStats) float64 { return float64(s.Written) }, nil},
		{describe("cache_disk_refused_total", "Entries that the disk did not keep, because it was full or did not respond."), total, func(s cachetier.DiskStats) float64 { return float64(s.Refused) }, nil},
		{describe("cache_disk_failures_total", "How often the disk failed and its content was discarded."), total, func(s cachetier.DiskStats) float64 { return float64(s.Failures) }, nil},
	}}
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
}

func buildInfo(version string) prometheus.Collector {
	revision := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = s.Value
			}
		}
	}
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: namespace, Name: "build_info", Help: "Always 1; the labels say which version runs.",
		ConstLabels: prometheus.Labels{"version": version, "revision": revision, "goversion": runtime.Version()},
	}, func() float64 { return 1 })
}
