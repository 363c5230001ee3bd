package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/loaderline/loaderline/internal/lookupext"
)

// newTables shows how far the topics of sources have been read.
func newTables(sources []string, status func() map[string]lookupext.TableStatus) prometheus.Collector {
	type all = map[string]lookupext.TableStatus
	const gauge, total = prometheus.GaugeValue, prometheus.CounterValue
	var (
		waiting = describe("table_waiting", "1 while the topic of a source is read up to the end that it had at the start, so that events wait; then 0.", "source")
		lag     = describe("table_lag_records", "Offsets to the end of the topic of a source, over its partitions.", "source")
		age     = describe("table_age_seconds", "Time since the newest moment up to which everything that was committed to the topic of a source is in its table.", "source")
		keys    = describe("table_keys", "Keys of a source's table; -1 for a table on disk, whose keys are not counted.", "source")
		bytes   = describe("table_bytes", "Memory for the keys and rows of a source's table, or bytes of its files.", "source")
		skipped = describe("table_skipped_records_total", "Bad records of the topic of a source that were left out, with on_bad: skip.", "source")
	)
	tables := askedAll[all]{ask: status}
	for _, source := range sources {
		add := func(desc *prometheus.Desc, kind prometheus.ValueType, value func(lookupext.TableStatus) float64) {
			of := func(now all) float64 { return value(now[source]) }
			tables.metrics = append(tables.metrics, asked[all]{desc, kind, of, []string{source}})
		}
		add(waiting, gauge, func(s lookupext.TableStatus) float64 {
			if s.Waiting {
				return 1
			}
			return 0
		})
		add(lag, gauge, func(s lookupext.TableStatus) float64 { return float64(s.Lag) })
		add(age, gauge, func(s lookupext.TableStatus) float64 { return s.Age(time.Now()).Seconds() })
		add(keys, gauge, func(s lookupext.TableStatus) float64 { return float64(s.Keys) })
		add(bytes, gauge, func(s lookupext.TableStatus) float64 { return float64(s.Bytes) })
		add(skipped, total, func(s lookupext.TableStatus) float64 { return float64(s.Skipped) })
	}
	return tables
}
