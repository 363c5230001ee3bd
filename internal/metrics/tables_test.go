package metrics_test

import (
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/metrics"
)

func TestTables(t *testing.T) {
	t.Parallel()
	m := metrics.New(metrics.Config{Pipeline: "p", Tables: []string{"users", "zones"}, TableStatus: func() map[string]lookupext.TableStatus {
		return map[string]lookupext.TableStatus{"users": {Waiting: true, Lag: 9, Keys: 7, Bytes: 700, Skipped: 2, Current: time.Now().Add(-time.Minute)}}
	}})
	all := series(t, scrape(t, m))
	for name, want := range map[string]float64{
		`loaderline_table_waiting{source="users"}`: 1, `loaderline_table_waiting{source="zones"}`: 0,
		`loaderline_table_lag_records{source="users"}`: 9, `loaderline_table_keys{source="users"}`: 7, `loaderline_table_bytes{source="users"}`: 700,
		`loaderline_table_skipped_records_total{source="users"}`: 2, `loaderline_table_age_seconds{source="zones"}`: 0,
	} {
		if got, there := all[name]; !there || got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if age := all[`loaderline_table_age_seconds{source="users"}`]; age < 60 || age > 120 {
		t.Errorf("the age is %v s", age)
	}
}
