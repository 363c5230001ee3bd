package backlog_test

import (
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/backlog"
	"github.com/loaderline/loaderline/internal/opentxn"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Each kind of stall has a reason and a sentence.
func TestStalled(t *testing.T) {
	for name, c := range map[string]struct {
		partition func(now time.Time, p *backlog.Partition)
		worker    func(now time.Time, w *loaderline.WorkerStatus)
		reason    backlog.Reason
		text      string
	}{
		"nothing committed":     {nil, nil, backlog.Unknown, "worker 1 polls in[0] and gets no records"},
		"committed just now":    {nil, func(now time.Time, w *loaderline.WorkerStatus) { w.Committed = now.Add(-29 * time.Second) }, "", ""},
		"moved just now":        {func(now time.Time, p *backlog.Partition) { p.Moved = now.Add(-29 * time.Second) }, nil, "", ""},
		"behind just now":       {func(now time.Time, p *backlog.Partition) { p.Since = now.Add(-29 * time.Second) }, nil, "", ""},
		"nothing but markers":   {func(_ time.Time, p *backlog.Partition) { p.Waiting = false }, nil, "", ""},
		"starved among others":  {func(now time.Time, p *backlog.Partition) { p.Since, p.Moved = now.Add(-time.Hour), now.Add(-time.Hour) }, func(now time.Time, w *loaderline.WorkerStatus) { w.Committed = now }, backlog.Unknown, "worker 1 polls in[0] and gets no records"},
		"a retry topic's time":  {nil, func(now time.Time, w *loaderline.WorkerStatus) { w.Partitions[0].Due = now.Add(time.Second) }, "", ""},
		"a retry topic was due": {nil, func(now time.Time, w *loaderline.WorkerStatus) { w.Partitions[0].Due = now.Add(-time.Second) }, "", ""},
		"a retry topic is late": {nil, func(now time.Time, w *loaderline.WorkerStatus) { w.Partitions[0].Due = now.Add(-time.Minute) }, backlog.Unknown, "worker 1 polls in[0] and gets no records"},
		"keys":                  {nil, func(_ time.Time, w *loaderline.WorkerStatus) { w.Partitions[0].Full = true }, backlog.RetryKeys, "in[0] waits until fewer keys wait in retry topics"},
		"a pause": {nil, func(now time.Time, w *loaderline.WorkerStatus) {
			w.Paused, w.PausedSince = "shop", now.Add(-time.Minute)
		}, backlog.Outage, "worker 1 waits for shop, for 1m0s"},
		"work":                   {nil, func(now time.Time, w *loaderline.WorkerStatus) { w.Busy = now.Add(-time.Minute) }, backlog.Work, "worker 1 works on the same records, for 1m0s"},
		"work at slow brokers":   {nil, func(now time.Time, w *loaderline.WorkerStatus) { w.Busy, w.SlowBytes = now, 30_000 }, backlog.Brokers, "the brokers take 30000 bytes a second of worker 1"},
		"lost sessions":          {nil, func(_ time.Time, w *loaderline.WorkerStatus) { w.Lost, w.LostBy = 3, "UNKNOWN_TOPIC" }, backlog.Session, "worker 1 has lost its session 3 times in the 2m0s since its last commit, the last time because: UNKNOWN_TOPIC"},
		"sessions, slow brokers": {nil, func(_ time.Time, w *loaderline.WorkerStatus) { w.Lost, w.LostBy, w.SlowBytes = 3, "SLOW", 1 }, backlog.Brokers, "worker 1 has lost its session 3 times in the 2m0s since its last commit, the last time because: SLOW"},
		"no member":              {nil, func(_ time.Time, w *loaderline.WorkerStatus) { w.Joined, w.Partitions = false, nil }, backlog.Group, "worker 1 is not in the group: it joins it, or the group waits for others"},
		"nobody's":               {nil, func(_ time.Time, w *loaderline.WorkerStatus) { w.Partitions = nil }, backlog.Group, "no member of the group has in[0]"},
		"another's transaction": {
			func(now time.Time, p *backlog.Partition) {
				p.Blocked = &opentxn.Transaction{Topic: "in", Offset: 7, ProducerID: 4711, Since: now.Add(-time.Minute)}
			}, func(now time.Time, w *loaderline.WorkerStatus) { w.Committed = now }, backlog.Transaction,
			"a transaction of producer 4711 is open in in[0] from offset 7 on, since 1999-12-31T23:59:00Z, and what comes after it waits for its end",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				now := time.Now()
				w := loaderline.WorkerStatus{
					Worker: 1, Joined: true, LastActive: now, Committed: now.Add(-2 * time.Minute), Partitions: []loaderline.PartitionStatus{{Topic: "in"}},
				}
				p := backlog.Partition{Topic: "in", Committed: 7, End: 9, Since: now.Add(-time.Minute), Moved: now.Add(-time.Minute), Owned: true, Waiting: true}
				if c.worker != nil {
					c.worker(now, &w)
				}
				if c.partition != nil {
					c.partition(now, &p)
				}
				stall := backlog.Seen(backlog.Config{Status: backlog.Workers(w)}, p).Stalled()
				switch {
				case stall == nil && c.reason != "":
					t.Errorf("no stall; want %s", c.reason)
				case stall != nil && (stall.Reason != c.reason || stall.Text != c.text):
					t.Errorf("%s: %q; want %s: %q", stall.Reason, stall.Text, c.reason, c.text)
				}
			})
		})
	}
}

// A standstill is a stall after half a minute.
func TestStallBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		w := backlog.Seen(backlog.Config{Every: time.Hour, Status: backlog.Workers(loaderline.WorkerStatus{Joined: true, Committed: now, Partitions: []loaderline.PartitionStatus{{Topic: "in"}}})},
			backlog.Partition{Topic: "in", End: 1, Since: now, Moved: now, Waiting: true})
		time.Sleep(30*time.Second - time.Nanosecond)
		if stall := w.Stalled(); stall != nil {
			t.Errorf("%+v", stall)
		}
		time.Sleep(time.Nanosecond)
		if stall := w.Stalled(); stall == nil || !stall.Since.Equal(now) {
			t.Errorf("%+v", stall)
		}
	})
}
