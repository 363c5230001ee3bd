package admin_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/admin"
	"github.com/loaderline/loaderline/internal/backlog"
)

func worker(number int, joined bool, still time.Duration) loaderline.WorkerStatus {
	return loaderline.WorkerStatus{Worker: number, Joined: joined, LastActive: time.Now().Add(-still)}
}

func TestReady(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		workers           []loaderline.WorkerStatus
		reached, draining bool
		waits, retries    string
		want              string
		ok                bool
	}{
		"at start":              {want: "waiting for the sources to be reached"},
		"waiting for a source":  {waits: "source shop since noon", want: "waiting for source shop since noon"},
		"a source is retried":   {reached: true, retries: "shop since noon", workers: []loaderline.WorkerStatus{worker(0, true, 0)}, want: "ok, retries shop since noon", ok: true},
		"sources reached":       {reached: true, want: "waiting for Kafka"},
		"waiting for changes":   {reached: true, waits: "the change topics", want: "waiting for the change topics"},
		"some workers joined":   {reached: true, workers: []loaderline.WorkerStatus{worker(0, true, 0), worker(1, false, 0)}, want: "waiting for the group: 1 of 2 workers have joined"},
		"all, no partitions":    {reached: true, workers: []loaderline.WorkerStatus{worker(0, true, 0), worker(1, true, 0)}, want: "ok", ok: true},
		"draining":              {reached: true, draining: true, workers: []loaderline.WorkerStatus{worker(0, true, 0)}, want: "draining"},
		"draining before Kafka": {draining: true, want: "draining"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := admin.NewHealth(func() []loaderline.WorkerStatus { return test.workers })
			if test.reached {
				h.Reached()
			}
			if test.draining {
				h.Drain()
			}
			h.Wait(func() string { return test.waits })
			h.Retry(func() string { return test.retries })
			if what, ok := h.Ready(); what != test.want || ok != test.ok {
				t.Errorf("Ready = %q, %v; want %q, %v", what, ok, test.want, test.ok)
			}
		})
	}
}

// A worker that lost its session joins again by itself: that the process began its work stays true.
func TestReadyStays(t *testing.T) {
	t.Parallel()
	workers := []loaderline.WorkerStatus{worker(0, true, 0), worker(1, false, 0)}
	h := admin.NewHealth(func() []loaderline.WorkerStatus { return workers })
	h.Reached()
	if what, ok := h.Ready(); ok {
		t.Fatalf("ready with one worker of two: %s", what)
	}
	workers = []loaderline.WorkerStatus{worker(0, false, 0), worker(1, true, 0)}
	if what, ok := h.Ready(); !ok {
		t.Errorf("not ready though each worker has joined once: %s", what)
	}
	workers = []loaderline.WorkerStatus{worker(0, false, 0), worker(1, false, 0)}
	if what, ok := h.Ready(); !ok {
		t.Errorf("not ready after the sessions were lost: %s", what)
	}
}

func TestHealthy(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		still    time.Duration
		paused   string
		draining bool
		want     string
		ok       bool
	}{
		"turning":            {want: "ok", ok: true},
		"turning in a pause": {paused: "shop", want: "ok", ok: true},
		"just in time":       {still: 5*time.Minute - time.Nanosecond, want: "ok", ok: true},
		"stuck":              {still: 5 * time.Minute, want: "worker 1 has made no progress for 5m0s"},
		"stuck in a pause":   {still: time.Hour, paused: "shop", want: "worker 1 has made no progress for 1h0m0s"},
		"done with a drain":  {still: time.Hour, draining: true, want: "draining", ok: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				h := admin.NewHealth(func() []loaderline.WorkerStatus {
					return []loaderline.WorkerStatus{worker(0, true, 0), {Worker: 1, LastActive: start, Paused: test.paused}}
				})
				if test.draining {
					h.Drain()
				}
				time.Sleep(test.still)
				if what, ok := h.Healthy(); what != test.want || ok != test.ok {
					t.Errorf("Healthy = %q, %v; want %q, %v", what, ok, test.want, test.ok)
				}
			})
		})
	}
}

func TestHealthyBeforeThereAreWorkers(t *testing.T) {
	t.Parallel()
	h := admin.NewHealth(func() []loaderline.WorkerStatus { return nil })
	if what, ok := h.Healthy(); !ok {
		t.Errorf("not healthy while it waits for what it needs: %s", what)
	}
}

// A stall makes a process unready, and says why; its end makes it ready again.
func TestReadyInAStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := admin.NewHealth(func() []loaderline.WorkerStatus { return []loaderline.WorkerStatus{worker(0, true, 0)} })
		h.Reached()
		stall := &backlog.Stall{Reason: backlog.Outage, Text: "worker 0 waits for shop, for 40s", Since: time.Now().Add(-40 * time.Second)}
		h.Watch(func() *backlog.Stall { return stall })
		if what, ok := h.Ready(); ok || what != "stalled for 40s: worker 0 waits for shop, for 40s" {
			t.Errorf("%q, %t", what, ok)
		}
		if what, ok := h.Healthy(); !ok {
			t.Errorf("it looks dead: %s", what)
		}
		stall = nil
		if what, ok := h.Ready(); !ok {
			t.Errorf("it stays unready: %s", what)
		}
	})
}
