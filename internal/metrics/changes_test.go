package metrics_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/invalidation"
	"github.com/loaderline/loaderline/internal/metrics"
)

func TestChanges(t *testing.T) {
	t.Parallel()
	m := metrics.New(metrics.Config{Pipeline: "p", Stages: []string{"user", "reviews"}, Changes: metrics.Changes{
		Topics: []string{"shop.users"},
		Counts: func() invalidation.Counts {
			return invalidation.Counts{
				Keys: map[string]uint64{"user": 7}, All: map[string]uint64{"reviews": 2},
				Records: map[string]map[string]uint64{"shop.users": {invalidation.Applied: 5, invalidation.Unclear: 1}},
			}
		},
		Status: func() invalidation.Status {
			return invalidation.Status{Waiting: true, Lag: map[string]int64{"shop.users": 9}, Current: time.Now().Add(-time.Minute)}
		},
	}})
	all := series(t, scrape(t, m))
	got := map[string]float64{}
	for name, value := range all {
		for _, prefix := range []string{"loaderline_invalidations", "loaderline_change"} {
			if len(name) > len(prefix) && name[:len(prefix)] == prefix {
				got[name] = value
			}
		}
	}
	if s := got["loaderline_change_staleness_seconds"]; s < 60 {
		t.Errorf("staleness %v; want a minute at least", s)
	}
	delete(got, "loaderline_change_staleness_seconds")
	want := map[string]float64{
		`loaderline_invalidations_total{scope="key",stage="user"}`:             7,
		`loaderline_invalidations_total{scope="all",stage="user"}`:             0,
		`loaderline_invalidations_total{scope="key",stage="reviews"}`:          0,
		`loaderline_invalidations_total{scope="all",stage="reviews"}`:          2,
		`loaderline_change_records_total{result="applied",topic="shop.users"}`: 5,
		`loaderline_change_records_total{result="nothing",topic="shop.users"}`: 0,
		`loaderline_change_records_total{result="unclear",topic="shop.users"}`: 1,
		`loaderline_change_lag_records{topic="shop.users"}`:                    9,
		`loaderline_change_waiting`:                                            1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
