package verdict_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/backlog"
	"github.com/loaderline/loaderline/internal/figures"
	"github.com/loaderline/loaderline/internal/verdict"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var now = time.Date(2026, 11, 28, 14, 2, 11, 0, time.UTC)

// facts returns those of a run with two workers that have partitions, and 12,304 records that wait. change changes them.
func facts(change func(*verdict.Facts)) *verdict.Facts {
	assigned := []loaderline.PartitionStatus{{Topic: "in"}}
	f := &verdict.Facts{
		Now: now, Answered: true, SpeedKnown: true, Speed: backlog.Speed{Done: 5120, New: 3010.4},
		Workers: []loaderline.WorkerStatus{{Partitions: assigned}, {Worker: 1, Partitions: assigned}, {Worker: 2}},
		Sources: []verdict.Source{{Name: "shop", Stages: []string{"user", "purchases"}, Breaker: "open"}},
		Lags: []backlog.Lag{
			{Partition: backlog.Partition{Topic: "in", Committed: 100, End: 12_304, Waiting: true}, Seconds: 7.25},
			{Partition: backlog.Partition{Topic: "in", Number: 1, Committed: 100, End: 200, Waiting: true}, Seconds: 1},
			{Partition: backlog.Partition{Topic: "in", Number: 2, Committed: 7, End: 8}}, // A marker.
		},
		LastMinute: figures.Window{
			Seconds: 60, Records: 300_000, Load: 80, Encode: 5, Commit: 15, RateWaits: map[string]float64{"shop": 1},
			Stages: []figures.Stage{
				{Stage: "user", Share: 0.05, Calls: 10, Loaded: 100},
				{Stage: "purchases", Share: 0.71, Calls: 186, CallSeconds: 15.6, Loaded: 180_000, Missing: 5_000, Failed: 1_000},
			},
		},
	}
	change(f)
	return f
}

func TestOf(t *testing.T) {
	paused := func(f *verdict.Facts, workers int) {
		for i := range workers {
			f.Workers[i].Paused, f.Workers[i].PausedSince = "shop", now.Add(-time.Duration(i)*time.Minute)
		}
	}
	for name, test := range map[string]struct {
		change func(*verdict.Facts)
		state  verdict.State
		text   string
	}{
		"draining": {
			func(f *verdict.Facts) { f.Draining, f.Starts = true, "Kafka" },
			verdict.Draining, "Ending: the micro-batches in progress are finished and committed.",
		},
		"starting": {
			func(f *verdict.Facts) { f.Starts = "source shop since 2026-11-28T14:02:11Z" },
			verdict.Starting, "Starting: waiting for source shop since 2026-11-28T14:02:11Z.",
		},
		"a stall": {
			func(f *verdict.Facts) {
				f.Stall = &backlog.Stall{Reason: backlog.Group, Text: "no member of the group has in[3]", Since: now}
			},
			verdict.Stalled, "Standing still since 2026-11-28T14:02:11Z: no member of the group has in[3]. Nothing is lost: 12,304 records wait.",
		},
		"an outage": {
			func(f *verdict.Facts) { paused(f, 2) },
			verdict.Waiting, "Waiting for shop since 2026-11-28T14:01:11Z, and its breaker is open. Nothing is lost: 12,304 records wait.",
		},
		"an outage that became a stall": {
			func(f *verdict.Facts) {
				paused(f, 2)
				f.Sources[0].Breaker = ""
				f.Lags = nil
				f.Stall = &backlog.Stall{Reason: backlog.Outage, Text: "worker 0 waits for shop, for 40s", Since: now}
			},
			verdict.Waiting, "Waiting for shop since 2026-11-28T14:01:11Z. Nothing is lost.",
		},
		"an outage, and another stall": {
			func(f *verdict.Facts) {
				paused(f, 2)
				f.Stall = &backlog.Stall{Reason: backlog.Kafka, Text: "Kafka does not report the group's offsets: refused", Since: now}
				f.Lags = f.Lags[:1]
				f.Lags[0].End = 101
			},
			verdict.Stalled, "Standing still since 2026-11-28T14:02:11Z: Kafka does not report the group's offsets: refused. Nothing is lost: 1 record waits.",
		},
		"one worker waits for a source": {
			func(f *verdict.Facts) { paused(f, 1) },
			verdict.CatchingUp,
			"Catching up: 5,120/s done, 3,010/s new, 12,304 records or 7.2 s behind, caught up in about 5.8 s." +
				" purchases takes 71 % of the time: it loads 3,100 keys/s in 3.1 calls/s of 84 ms.",
		},
		"a source that does not answer": {
			func(f *verdict.Facts) {
				f.Sources = append(f.Sources, verdict.Source{Name: "svc", FailingSince: now}, verdict.Source{Name: "later", FailingSince: now.Add(time.Second)})
				f.Workers[0].Committed, f.Workers[1].Busy = now, now
			},
			verdict.Waiting, "Waiting for svc, which has not answered since 2026-11-28T14:02:11Z. Nothing is lost: 12,304 records wait.",
		},
		"a source that does not answer, before the backlog shows it": {
			func(f *verdict.Facts) {
				f.Sources[0].FailingSince, f.Workers[0].Busy = now, now.Add(-time.Second)
				f.Lags, f.Answered = nil, false
			},
			verdict.Waiting, "Waiting for shop, which has not answered since 2026-11-28T14:02:11Z, and its breaker is open. Nothing is lost.",
		},
		"a source without which it goes on": {
			func(f *verdict.Facts) {
				f.Sources[0].FailingSince, f.Workers[0].Busy = now, now
				f.Workers[1].Committed = now.Add(1)
				f.LastMinute.Stages[1].Share = 0
			},
			verdict.CatchingUp,
			"Catching up: 5,120/s done, 3,010/s new, 12,304 records or 7.2 s behind, caught up in about 5.8 s. shop has not answered since 2026-11-28T14:02:11Z.",
		},
		"a source that does not answer, and nothing to do": {
			func(f *verdict.Facts) { f.Sources[0].FailingSince = now; f.Lags = nil; f.Speed = backlog.Speed{} },
			verdict.Idle, "Nothing to do: no record waits.",
		},
		"Kafka has not answered": {
			func(f *verdict.Facts) { f.Answered = false },
			verdict.Unknown, "Kafka has not said yet how far the group is.",
		},
		"nothing waits": {
			func(f *verdict.Facts) { f.Lags = f.Lags[2:]; f.Speed = backlog.Speed{} },
			verdict.Idle, "Nothing to do: no record waits.",
		},
		"nothing waits any more": {
			func(f *verdict.Facts) { f.Lags = nil },
			verdict.KeepingUp, "Keeping up: 5,120/s done, and no record waits.",
		},
		"a retry is due later": {
			func(f *verdict.Facts) {
				f.Lags = []backlog.Lag{
					{Partition: backlog.Partition{Topic: "retry", End: 3, Waiting: true}, Due: now.Add(90 * time.Second), Later: true},
					{Partition: backlog.Partition{Topic: "later", End: 1, Waiting: true}, Due: now.Add(time.Hour), Later: true},
				}
			},
			verdict.Idle, "Nothing to do until a retry is due, in 90 s; 4 records wait in retry topics.",
		},
		"one retry is due later": {
			func(f *verdict.Facts) {
				f.Lags = []backlog.Lag{{Partition: backlog.Partition{Topic: "retry", End: 1, Waiting: true}, Due: now.Add(9 * time.Minute), Later: true}}
			},
			verdict.Idle, "Nothing to do until a retry is due, in 9 minutes; 1 record waits in retry topics.",
		},
		"within seconds": {
			func(f *verdict.Facts) { f.Lags[0].Seconds = 0.4 },
			verdict.KeepingUp, "Keeping up: 5,120/s done, 3,010/s new, 12,304 records or 1.0 s behind.",
		},
		"falling behind": {
			func(f *verdict.Facts) { f.Speed.Done = 40.25 },
			verdict.FallingBehind, "Falling behind: 40.3/s done, 3,010/s new, 12,304 records or 7.2 s behind." +
				" purchases takes 71 % of the time: it loads 3,100 keys/s in 3.1 calls/s of 84 ms.",
		},
		"without a speed": {
			func(f *verdict.Facts) {
				f.SpeedKnown = false
				f.Lags[0].Seconds = 10_000
				f.LastMinute = figures.Window{}
			},
			verdict.Unknown, "Behind: 12,304 records or 3 hours behind.",
		},
		"a rate limit": {
			func(f *verdict.Facts) { f.Speed.Done = 0; f.LastMinute.RateWaits["shop"] = 30 },
			verdict.FallingBehind, "Falling behind: 0/s done, 3,010/s new, 12,304 records or 7.2 s behind." +
				" purchases takes 71 % of the time: it loads 3,100 keys/s in 3.1 calls/s of 84 ms, and its calls wait for the rate limit of shop.",
		},
		"calls of few keys": {
			func(f *verdict.Facts) {
				f.Speed.Done = 0
				f.LastMinute.Stages[1] = figures.Stage{Stage: "purchases", Share: 0.9, Calls: 6000, CallSeconds: 12, Loaded: 9000}
			},
			verdict.FallingBehind, "Falling behind: 0/s done, 3,010/s new, 12,304 records or 7.2 s behind." +
				" purchases takes 90 % of the time: it loads 150 keys/s in 100 calls/s of 2.0 ms, few keys at a time (1.5 on average).",
		},
		"a stage without calls": {
			func(f *verdict.Facts) {
				f.Speed.Done = 0
				f.LastMinute.Stages[1].Calls = 0
			},
			verdict.FallingBehind, "Falling behind: 0/s done, 3,010/s new, 12,304 records or 7.2 s behind. purchases takes 71 % of the time.",
		},
		"slow commits": {
			func(f *verdict.Facts) { f.Speed.Done = 0; f.LastMinute.Commit = 800 },
			verdict.FallingBehind, "Falling behind: 0/s done, 3,010/s new, 12,304 records or 7.2 s behind. Publishing and committing takes 90 % of the time.",
		},
		"slow expressions": {
			func(f *verdict.Facts) { f.Speed.Done = 0; f.LastMinute.Encode = 800 },
			verdict.FallingBehind, "Falling behind: 0/s done, 3,010/s new, 12,304 records or 7.2 s behind. Making the output records takes 89 % of the time.",
		},
		"no step takes most of the time": {
			func(f *verdict.Facts) { f.Speed.Done = 0; f.LastMinute.Stages[1].Share = 0.39 },
			verdict.FallingBehind, "Falling behind: 0/s done, 3,010/s new, 12,304 records or 7.2 s behind.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := verdict.Of(facts(test.change)); got != (verdict.Verdict{State: test.state, Text: test.text}) {
				t.Errorf("%s: %s\nwant\n%s: %s", got.State, got.Text, test.state, test.text)
			}
		})
	}
}
