package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// calls count the bulk calls of sources.
type calls struct {
	total    *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

func newCalls(sources []string) *calls {
	c := &calls{
		total: counter("source_calls_total",
			"Bulk calls of sources by result: ok, or error where the call failed as a whole. With request.one each request is a call. Calls are counted when they end, also those of micro-batches that are not committed.", "source", "result"),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "source_call_duration_seconds", Help: "Duration of bulk calls of sources, including failed calls.",
			Buckets: []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10},
		}, []string{"source"}),
	}
	for _, source := range sources {
		c.total.WithLabelValues(source, "ok")
		c.total.WithLabelValues(source, "error")
		c.duration.WithLabelValues(source)
	}
	return c
}

func (c *calls) all() []prometheus.Collector { return []prometheus.Collector{c.total, c.duration} }

func (c *calls) observe(source string, took time.Duration, err error) {
	result := "ok"
	if err != nil {
		result = "error"
	}
	c.total.WithLabelValues(source, result).Inc()
	c.duration.WithLabelValues(source).Observe(took.Seconds())
}
