package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/loaderline/loaderline/internal/lookupext"
)

// newFiles shows which content of files is served.
func newFiles(sources []string, served func() map[string]lookupext.Served) prometheus.Collector {
	type all = map[string]lookupext.Served
	var (
		refused  = describe("file_refused", "1 while the latest content of a source's file cannot be used, so that the rows of before are served; the log says why.", "source")
		modified = describe("file_modified_timestamp_seconds", "When the content that a source's file is served from was written.", "source")
		rows     = describe("file_rows", "Rows of a source's file in memory.", "source")
		bytes    = describe("file_bytes", "Memory for the rows of a source's file.", "source")
	)
	files := askedAll[all]{ask: served}
	for _, source := range sources {
		add := func(desc *prometheus.Desc, value func(lookupext.Served) float64) {
			of := func(now all) float64 { return value(now[source]) }
			files.metrics = append(files.metrics, asked[all]{desc, prometheus.GaugeValue, of, []string{source}})
		}
		add(refused, func(now lookupext.Served) float64 {
			if now.Err != nil {
				return 1
			}
			return 0
		})
		add(modified, func(now lookupext.Served) float64 {
			if now.Modified.IsZero() {
				return 0
			}
			return float64(now.Modified.UnixMilli()) / 1000
		})
		add(rows, func(now lookupext.Served) float64 { return float64(now.Rows) })
		add(bytes, func(now lookupext.Served) float64 { return float64(now.Bytes) })
	}
	return files
}
