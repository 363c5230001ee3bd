package figures_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/figures"
	"github.com/loaderline/loaderline/stages"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheWindowIsTheLastMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		waited := time.Duration(0)
		f := figures.New([]string{"user", "orders"}, []string{"disk"}, func() map[string]time.Duration {
			return map[string]time.Duration{"shop": waited}
		})
		if w := f.Window(); w.Records != 0 || w.Busy() != 0 || len(w.Stages) != 2 || w.Stages[1].Stage != "orders" {
			t.Errorf("before the first commit: %+v", w)
		}
		commit := func(records int) {
			f.Add(loaderline.Tally{
				Records: records, LoadTime: 6 * time.Second, EncodeTime: time.Second, CommitTime: 3 * time.Second,
				Stages: []stages.StageStats{
					{Stage: "user", Unique: 10, Hit: 5, Negative: 1, Tiers: []int{2, 4}, Loaded: 2, Missing: 1, Coalesced: 1, Calls: 2, CallTime: 4 * time.Second, Critical: 5 * time.Second},
					{Stage: "orders", Unique: 1, Failed: 1, Critical: time.Second},
				},
			})
		}
		commit(1000)
		time.Sleep(30 * time.Second)
		waited = time.Second
		commit(7)
		time.Sleep(500 * time.Millisecond)
		commit(8)
		waited = 3 * time.Second
		time.Sleep(29500 * time.Millisecond)
		if w := f.Window(); w.Records != 1015 || w.Seconds != 60 || w.RateWaits["shop"] != 3 {
			t.Errorf("after a minute: %+v", w)
		}
		time.Sleep(10 * time.Second)
		want := figures.Window{
			Seconds: 60, Records: 15, Load: 12, Encode: 2, Commit: 6, RateWaits: map[string]float64{"shop": 2},
			Stages: []figures.Stage{
				{Stage: "user", Keys: 20, Hits: 10, Negative: 2, Coalesced: 2, Loaded: 4, Missing: 2, Tiers: map[string]int{"memory": 4, "disk": 8}, Calls: 4, CallSeconds: 8, Share: 0.5},
				{Stage: "orders", Keys: 2, Failed: 2, Tiers: map[string]int{"memory": 0, "disk": 0}, Share: 0.1},
			},
		}
		if diff := cmp.Diff(want, f.Window()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		time.Sleep(time.Hour)
		if w := f.Window(); w.Records != 0 || w.Busy() != 0 || w.Stages[0].Keys != 0 || w.RateWaits["shop"] != 0 {
			t.Errorf("after an hour without commits: %+v", w)
		}
		commit(9)
		if w := f.Window(); w.Records != 9 || w.Stages[0].Calls != 2 {
			t.Errorf("after one more: %+v", w)
		}
	})
}
