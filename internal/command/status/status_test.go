package status_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/admin"
	"github.com/loaderline/loaderline/internal/command/status"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/figures"
	"github.com/loaderline/loaderline/internal/verdict"
)

func TestTheLagIsTheGroups(t *testing.T) {
	w := newWorld(t)
	for _, age := range []time.Duration{3 * time.Hour, 2 * time.Hour, time.Hour} {
		w.publish("in", 0, age)
		w.publish("in", 1, age)
	}
	w.publish("dead", 0, 0)
	if got := w.read(); got.State != status.Absent || got.Lag != 6 {
		t.Errorf("before there is a group: %+v", got)
	}
	w.commit(0, 1)
	w.commit(1, 3)
	first := w.read()
	if diff := cmp.Diff([]partitionLag{{1, 2, 2}, {3, 0, 0}, {-1, 0, 0}}, lagsOf(first.Partitions)); diff != "" {
		t.Errorf("partitions (-want +got):\n%s", diff)
	}
	if first.State != "Empty" || first.Lag != 2 || int(*first.LagSeconds)/3600 != 2 || first.DeadLetters.AtMost != 1 || first.Speed != nil {
		t.Errorf("%+v", first)
	}
	w.commit(0, 2)
	second := w.read()
	second.Since(first)
	if s := second.Speed; s.Done <= 0 || s.Arrived != 0 || s.CaughtUpIn == nil || *s.CaughtUpIn <= 0 {
		t.Errorf("one done and one to go: %+v", s)
	}
	w.publish("in", 1, 0)
	third := w.read()
	third.Since(second)
	if s := third.Speed; s.Done != 0 || s.Arrived <= 0 || s.CaughtUpIn != nil {
		t.Errorf("one more and none done: %+v", s)
	}
}

// partitionLag is what TestTheLagIsTheGroups compares of a partition.
type partitionLag struct {
	Committed, Lag int64 // Committed is -1 where nothing is.
	Hours          int
}

func lagsOf(partitions []status.Partition) []partitionLag {
	var lags []partitionLag
	for _, p := range partitions {
		l := partitionLag{Committed: -1, Lag: p.Lag}
		if p.Committed != nil {
			l.Committed = *p.Committed
		}
		if p.LagSeconds != nil {
			l.Hours = int(*p.LagSeconds) / 3600
		}
		lags = append(lags, l)
	}
	return lags
}

// A retry topic, as any that is written in transactions, ends with a marker, which nobody commits past.
func TestAMarkerAtTheEndIsNoLag(t *testing.T) {
	w := newWorld(t)
	client, err := kgo.NewClient(kgo.SeedBrokers(w.cluster.ListenAddrs()...), kgo.TransactionalID("t"), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	err = client.BeginTransaction()
	for p := range int32(2) {
		err = errors.Join(err, client.ProduceSync(t.Context(), &kgo.Record{Topic: "in", Partition: p}).FirstErr())
	}
	if err := errors.Join(err, client.EndTransaction(t.Context(), kgo.TryCommit)); err != nil {
		t.Fatal(err)
	}
	w.commit(0, 1)
	w.commit(1, 0)
	got := w.read()
	if p := got.Partitions; p[0].Lag != 0 || p[0].End != 2 || p[1].Lag != 2 || got.Lag != 2 {
		t.Errorf("%+v", got)
	}
}

// Aborted records and markers are no dead letters.
func TestDeadLettersAreCounted(t *testing.T) {
	w := newWorld(t)
	if err := w.transaction("dead").EndTransaction(t.Context(), kgo.TryAbort); err != nil {
		t.Fatal(err)
	}
	got := w.read()
	if d := got.DeadLetters; d.AtMost != 2 || d.Open == nil || *d.Open != 0 || !strings.Contains(got.Text(console.Palette{}, 0), "dead letters  none in dead") {
		t.Errorf("%+v", d)
	}
}

func TestTheText(t *testing.T) {
	hours, soon, one, committed := 7200.0, 90.0, 1, int64(1000)
	since := time.Date(2026, 11, 28, 12, 3, 4, 0, time.Local)
	report := status.Report{
		Pipeline: "p", Group: "g", State: "Stable", Lag: 1200, LagSeconds: &hours,
		Members: []status.Member{
			{Instance: "a", Worker: &one, Host: "10.0.0.1", Assigned: map[string][]int{"in": {0, 2}, "also": {1}}},
			{Instance: "b", Host: "10.0.0.2"},
		},
		Partitions: []status.Partition{
			{Topic: "in", Partition: 0, Committed: &committed, End: 2200, Lag: 1200, LagSeconds: &hours},
			{Topic: "in", Partition: 1},
		},
		Speed:       &status.Speed{Done: 40.25, Arrived: 10, CaughtUpIn: &soon},
		DeadLetters: status.DeadLetters{Topic: "dead", AtMost: 12},
		Process: &admin.Status{
			Verdict: verdict.Verdict{State: verdict.CatchingUp, Text: "Catching up: 40/s done."},
			LastMinute: figures.Window{
				Seconds: 60, Records: 900, Load: 6, Encode: 1, Commit: 3,
				Stages: []figures.Stage{
					{Stage: "user", Keys: 600, Hits: 300, Negative: 60, Loaded: 180, Missing: 30, Failed: 30, Calls: 12, CallSeconds: 0.3, Share: 0.52},
					{Stage: "orders"},
				},
			},
			Instance: "a", Workers: []admin.Worker{{Worker: 0, Joined: true, Paused: "shop"}, {Worker: 1}},
			Sources: []admin.Source{
				{Name: "shop", Breaker: "half_open"},
				{Name: "other", Breaker: "closed"},
				{Name: "users", FailingSince: &since},
				{Name: "zones", File: &admin.File{Rows: 3, Refused: "zones.csv:4: the key 7 is there twice"}},
				{Name: "trips", File: &admin.File{Rows: 1}},
			},
		},
	}
	const want = `p: group g is stable, 2 members
Catching up: 40/s done.

MEMBER      HOST      PARTITIONS
a worker 1  10.0.0.1  also 1, in 0 2
b           10.0.0.2  none

PARTITION  COMMITTED  END    LAG    BEHIND
in 0       1,000      2,200  1,200  2h0m0s
in 1       none       0      0      -

STAGE   KEYS/S  CACHED  LOADED/S  CALLS/S  KEYS/CALL  MS/CALL  TIME
user    10      60%     4         0.2      20         25       52%
orders  0       -       0         0        -          -        0%
TIME is the share of the time of transactions in the last 60 s; commits take 30%, the rest 18%

lag           1,200 records, the oldest 2h0m0s old
speed         40.3 records/s done, 10/s new: caught up in 1m30s
dead letters  about 12, markers of transactions included, in dead
process       a on this machine, 2 workers: worker 0 waits for shop, worker 1 is not in the group, the breaker of shop is half open, it retries users since 12:03:04, zones keeps the rows of before: zones.csv:4: the key 7 is there twice
`
	if diff := cmp.Diff(want, report.Text(console.Palette{}, 0)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	report.Process.Retries = &admin.Retries{Waiting: 3}
	if text := report.Text(console.Palette{}, 0); !strings.Contains(text, "\nretries       3 records not due yet, the next in 0s\n") {
		t.Error(text)
	}
	report.Speed = &status.Speed{Done: 1, Arrived: 2}
	if text := report.Text(console.Palette{}, 0); !strings.Contains(text, "1 records/s done, 2/s new: it falls behind\n") {
		t.Error(text)
	}
}
