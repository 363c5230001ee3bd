package metrics_test

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/abort"
	"github.com/loaderline/loaderline/internal/metrics"
	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/sink"
	"github.com/loaderline/loaderline/stages"
)

// counted are the series whose values say what was counted: no buckets, no sums, no build.
func counted(t *testing.T, m *metrics.Metrics) map[string]float64 {
	t.Helper()
	all := series(t, scrape(t, m))
	for name := range all {
		if strings.Contains(name, "_bucket{") || strings.Contains(name, "_sum") || strings.HasPrefix(name, "loaderline_build_info") {
			delete(all, name)
		}
	}
	return all
}

func newMetrics() *metrics.Metrics {
	return metrics.New(metrics.Config{Pipeline: "p", Version: "1", Stages: []string{"user"}, Sources: []string{"shop"}, Tiers: []string{"redis"}})
}

// Alerts on rates need series that are there before the first event.
func TestEverythingIsThereFromZero(t *testing.T) {
	t.Parallel()
	want := map[string]float64{}
	for _, name := range []string{
		`batch_records_count`, `cache_bytes`, `cache_evictions_total`, `cache_expirations_total`, `cache_hits_total`, `cache_max_bytes`,
		`cache_misses_total`, `cache_negative_hits_total`, `cache_rejections_total`,
		`cache_tier_hits_total{tier="redis"}`, `cache_tier_misses_total{tier="redis"}`, `cache_tier_unreadable_total{tier="redis"}`,
		`cache_disk_bytes`, `cache_disk_failures_total`, `cache_disk_max_bytes`,
		`cache_disk_refused_total`, `cache_disk_up`, `cache_disk_written_total`,
		`dead_letters_total{kind="decode",stage=""}`, `dead_letters_total{kind="encode",stage=""}`, `dead_letters_total{kind="too_large",stage=""}`,
		`dead_letters_total{kind="key",stage="user"}`, `dead_letters_total{kind="missing",stage="user"}`, `dead_letters_total{kind="lookup",stage="user"}`,
		`invalidations_total{scope="key",stage="user"}`, `invalidations_total{scope="all",stage="user"}`,
		`last_commit_timestamp_seconds`, `paused{reason="outage"}`,
		`records_total{outcome="enriched"}`, `records_total{outcome="forwarded"}`, `records_total{outcome="filtered"}`, `records_total{outcome="dropped"}`, `records_total{outcome="dead_lettered"}`, `records_total{outcome="retried"}`, `retry_keys`, `reused_events_total`,
		`source_call_duration_seconds_count{source="shop"}`, `source_calls_total{result="ok",source="shop"}`, `source_calls_total{result="error",source="shop"}`,
		`stage_keys_total{result="unique",stage="user"}`, `stage_keys_total{result="hit",stage="user"}`, `stage_keys_total{result="negative",stage="user"}`,
		`stage_keys_total{result="coalesced",stage="user"}`, `stage_keys_total{result="loaded",stage="user"}`, `stage_keys_total{result="missing",stage="user"}`,
		`stage_keys_total{result="failed",stage="user"}`,
		`stage_calls_total{stage="user"}`, `stage_call_seconds_total{stage="user"}`, `stage_critical_seconds_total{stage="user"}`,
		`stage_tier_hits_total{stage="user",tier="memory"}`, `stage_tier_hits_total{stage="user",tier="redis"}`,
		`transaction_seconds_total{step="load"}`, `transaction_seconds_total{step="encode"}`, `transaction_seconds_total{step="commit"}`,
		`transactions_total{reason="",result="committed"}`, `transactions_total{reason="rebalance",result="aborted"}`, `transactions_total{reason="outage",result="aborted"}`,
		`transactions_total{reason="shutdown",result="aborted"}`, `transactions_total{reason="refused",result="aborted"}`, `transactions_total{reason="error",result="aborted"}`, `transactions_total{reason="overflow",result="aborted"}`,
		`source_breaker_state{source="shop",state="half_open"}`, `source_breaker_state{source="shop",state="open"}`,
		`source_rejected_calls_total{source="shop"}`, `source_rate_wait_seconds_total{source="shop"}`,
		`workers`, `workers_joined`, `workers_slowed`,
	} {
		want["loaderline_"+name] = 0
	}
	want[`loaderline_source_breaker_state{source="shop",state="closed"}`] = 1
	if diff := cmp.Diff(want, counted(t, newMetrics())); diff != "" {
		t.Errorf("series differ (-want +got):\n%s", diff)
	}
}

func TestCounting(t *testing.T) {
	t.Parallel()
	m := metrics.New(metrics.Config{
		Pipeline: "p", Stages: []string{"user"}, Sources: []string{"shop"}, Tiers: []string{"disk", "redis"},
		Status: func() []loaderline.WorkerStatus {
			return []loaderline.WorkerStatus{{Joined: true, Paused: "shop"}, {Worker: 1, Joined: true}, {Worker: 2}}
		},
		Reused: func() uint64 { return 10 },
		Cache: func() resultcache.Stats {
			return resultcache.Stats{Hits: 7, NegativeHits: 2, Misses: 3, Evictions: 4, Expirations: 5, Rejected: 6, Bytes: 100, MaxBytes: 200, Tiers: []resultcache.TierStats{{Name: "redis", Hits: 8, Misses: 9, Unreadable: 1}}}
		},
	})
	zero := counted(t, m)
	before := time.Now()
	m.Commit(loaderline.Tally{
		Records: 24, Enriched: 10, Forwarded: 2, Filtered: 4, Dropped: 3,
		DeadLetters: map[loaderline.DeadLetter]int{{Kind: sink.KindDecode}: 1, {Kind: sink.KindMissing, Stage: "user"}: 4},
		Stages:      []stages.StageStats{{Stage: "user", Unique: 21, Hit: 6, Negative: 5, Coalesced: 4, Loaded: 3, Missing: 2, Failed: 1, Tiers: []int{8, 0, 3}, Calls: 5, CallTime: 1500 * time.Millisecond, Critical: time.Second}},
		LoadTime:    2 * time.Second, EncodeTime: 500 * time.Millisecond, CommitTime: 250 * time.Millisecond,
	})
	m.Commit(loaderline.Tally{Records: 1, Enriched: 1})
	m.Commit(loaderline.Tally{Number: 1, Records: 1, Enriched: 1}) // Of the same transaction.
	m.Abort(abort.Outage)
	m.Call("shop", 30*time.Millisecond, nil)
	m.Call("shop", time.Second, errors.New("no answer"))
	got := counted(t, m)
	if at := got["loaderline_last_commit_timestamp_seconds"]; at < float64(before.UnixMilli())/1000 || at > float64(time.Now().UnixMilli())/1000 {
		t.Errorf("last commit at %f", at)
	}
	delete(got, "loaderline_last_commit_timestamp_seconds")
	for name, value := range got {
		if value == zero[name] {
			delete(got, name)
		}
	}
	want := map[string]float64{
		`loaderline_batch_records_count`:                                  3,
		`loaderline_dead_letters_total{kind="decode",stage=""}`:           1,
		`loaderline_dead_letters_total{kind="missing",stage="user"}`:      4,
		`loaderline_records_total{outcome="enriched"}`:                    12,
		`loaderline_records_total{outcome="forwarded"}`:                   2,
		`loaderline_records_total{outcome="filtered"}`:                    4,
		`loaderline_records_total{outcome="dropped"}`:                     3,
		`loaderline_records_total{outcome="dead_lettered"}`:               5,
		`loaderline_source_call_duration_seconds_count{source="shop"}`:    2,
		`loaderline_source_calls_total{result="ok",source="shop"}`:        1,
		`loaderline_source_calls_total{result="error",source="shop"}`:     1,
		`loaderline_stage_keys_total{result="unique",stage="user"}`:       21,
		`loaderline_stage_keys_total{result="hit",stage="user"}`:          6,
		`loaderline_stage_keys_total{result="negative",stage="user"}`:     5,
		`loaderline_stage_keys_total{result="coalesced",stage="user"}`:    4,
		`loaderline_stage_keys_total{result="loaded",stage="user"}`:       3,
		`loaderline_stage_keys_total{result="missing",stage="user"}`:      2,
		`loaderline_stage_keys_total{result="failed",stage="user"}`:       1,
		`loaderline_stage_calls_total{stage="user"}`:                      5,
		`loaderline_stage_call_seconds_total{stage="user"}`:               1.5,
		`loaderline_stage_critical_seconds_total{stage="user"}`:           1,
		`loaderline_stage_tier_hits_total{stage="user",tier="memory"}`:    8,
		`loaderline_stage_tier_hits_total{stage="user",tier="redis"}`:     3,
		`loaderline_transaction_seconds_total{step="load"}`:               2,
		`loaderline_transaction_seconds_total{step="encode"}`:             0.5,
		`loaderline_transaction_seconds_total{step="commit"}`:             0.25,
		`loaderline_transactions_total{reason="",result="committed"}`:     2,
		`loaderline_transactions_total{reason="outage",result="aborted"}`: 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what was counted differs (-want +got):\n%s", diff)
	}
	asked := map[string]float64{
		`loaderline_cache_bytes`: 100, `loaderline_cache_max_bytes`: 200, `loaderline_cache_hits_total`: 7, `loaderline_cache_negative_hits_total`: 2,
		`loaderline_cache_misses_total`: 3, `loaderline_cache_evictions_total`: 4, `loaderline_cache_expirations_total`: 5, `loaderline_cache_rejections_total`: 6,
		`loaderline_cache_tier_hits_total{tier="redis"}`: 8, `loaderline_cache_tier_misses_total{tier="redis"}`: 9,
		`loaderline_cache_tier_unreadable_total{tier="redis"}`: 1, `loaderline_cache_tier_hits_total{tier="disk"}`: 0,
		`loaderline_reused_events_total`: 10, `loaderline_paused{reason="outage"}`: 1, `loaderline_workers`: 3, `loaderline_workers_joined`: 2,
	}
	for name, want := range asked {
		if zero[name] != want {
			t.Errorf("%s is %v; want %v", name, zero[name], want)
		}
	}
}

func TestLint(t *testing.T) {
	t.Parallel()
	problems, err := testutil.GatherAndLint(newMetrics().Gatherer())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// TestPromtool has Prometheus's own tool look at a scrape, where it is installed. TestLint asks the same of the library.
func TestPromtool(t *testing.T) {
	t.Parallel()
	check(t, scrape(t, newMetrics()))
}

func check(t *testing.T, text string) {
	t.Helper()
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Log("promtool is not installed")
		return
	}
	cmd := exec.CommandContext(t.Context(), promtool, "check", "metrics")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
}
