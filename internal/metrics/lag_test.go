package metrics_test

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// The series are there once partitions are assigned, however rarely they are measured.
func TestLagOfTheFirstAssignment(t *testing.T) {
	t.Parallel()
	l := startLine(t, time.Hour)
	l.await("a lag", func(now map[string]float64) bool { return has(now, records0, 0) || has(now, records1, 0) })
}

func TestLag(t *testing.T) {
	t.Parallel()
	l := startLine(t, often)
	atEnd := func(now map[string]float64) bool {
		return has(now, records0, 0) && has(now, records1, 0) && has(now, seconds0, 0) && has(now, seconds1, 0)
	}
	l.await("no lag before the first event", atEnd)
	l.publish(3)
	l.await("no lag after the first events", func(now map[string]float64) bool { return atEnd(now) && has(now, enriched, 6) })

	l.away.Store(true)
	l.publish(1)
	l.await("a pause", func(now map[string]float64) bool { return now[`loaderline_paused{reason="outage"}`] > 0 })
	l.publish(4) // Nobody polls these.
	first := l.await("a lag that grows in an outage", func(now map[string]float64) bool {
		return has(now, records0, 5) && has(now, records1, 5) && now[seconds0] > 0 && now[seconds1] > 0
	})
	l.await("a lag that ages in an outage", func(now map[string]float64) bool {
		return now[seconds0] > first[seconds0]+0.2 && now[seconds1] > first[seconds1]+0.2
	})
	l.away.Store(false)
	l.await("no lag after the outage", func(now map[string]float64) bool { return atEnd(now) && has(now, enriched, 16) })
}

// The markers of an input's transactions stay between the committed offset and the end. Nobody waits for them.
func TestLagOfTransactionalInput(t *testing.T) {
	t.Parallel()
	l := startLine(t, often)
	l.publish(2, kgo.TransactionalID("upstream"))
	l.await("markers that are no delay", func(now map[string]float64) bool {
		return has(now, enriched, 4) && has(now, records0, 1) && has(now, seconds0, 0) && has(now, seconds1, 0)
	})
}

// A process shows its own partitions, so that those of several add up to the group's.
func TestLagOfPartitionsThatWereGivenBack(t *testing.T) {
	t.Parallel()
	l := startLine(t, often)
	l.await("partitions", func(now map[string]float64) bool { return has(now, records0, 0) && has(now, records1, 0) })
	l.stop()
	l.await("no partitions", func(now map[string]float64) bool {
		for name := range now {
			if strings.HasPrefix(name, "loaderline_consumer_lag_") && strings.Contains(name, "partition=") {
				return false
			}
		}
		return true
	})
}

// A cluster that is away leaves what was behind, and ends nothing.
func TestLagWithoutKafka(t *testing.T) {
	t.Parallel()
	l := startLine(t, often)
	l.await("partitions", func(now map[string]float64) bool { return has(now, records0, 0) && has(now, records1, 0) })
	l.away.Store(true)
	l.publish(2)
	l.await("a lag", func(now map[string]float64) bool {
		return has(now, records0, 2) && has(now, records1, 2) && now[seconds0] > 0
	})
	l.cluster.Close()
	first := series(t, scrape(t, l.metrics))
	l.await("a lag that ages without Kafka", func(now map[string]float64) bool {
		return has(now, records0, 2) && now[seconds0] > first[seconds0]+0.5
	})
}

// Without Kafka a lag that was zero is not known, and the metrics say so.
func TestNoLagWithoutKafka(t *testing.T) {
	t.Parallel()
	l := startLine(t, often)
	l.await("partitions", func(now map[string]float64) bool {
		return has(now, records0, 0) && has(now, records1, 0) && has(now, up, 1)
	})
	l.cluster.Close()
	l.await("an unknown lag", func(now map[string]float64) bool {
		_, known := now[records0]
		return !known && has(now, up, 0) && has(now, `loaderline_stalled{reason="kafka"}`, 1)
	})
	if stall := l.watch.Stalled(); strings.Contains(stall.Text, "127.0.0.1") {
		t.Errorf("it names an address: %s", stall.Text)
	}
}
