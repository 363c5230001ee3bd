package chaos

import (
	"strings"
	"testing"
	"time"
)

func TestStandstill(t *testing.T) {
	well := said{process: "a", answers: true, ready: true}
	for _, tt := range []struct {
		name string
		// committed is what the group has committed at each second, of 100 offsets.
		committed func(second int) int64
		says      []said
		silent    bool
	}{
		{name: "nothing waits", committed: func(int) int64 { return 100 }, says: []said{well}},
		{name: "slow", committed: func(s int) int64 { return int64(s / 44) }, says: []said{well}},
		{name: "nobody says it", committed: func(int) int64 { return 7 }, says: []said{well, well}, silent: true},
		{name: "a lag alone says too little", committed: func(int) int64 { return 7 }, says: []said{{answers: true, ready: true, lag: 93}}, silent: true},
		{name: "stalled without a lag", committed: func(int) int64 { return 7 }, says: []said{{answers: true, ready: true, stalled: []string{"x"}}}, silent: true},
		{name: "stalled", committed: func(int) int64 { return 7 }, says: []said{well, {answers: true, ready: true, stalled: []string{"x"}, lag: 93}}},
		{name: "not ready", committed: func(int) int64 { return 7 }, says: []said{{answers: true}}},
		{name: "no answer", committed: func(int) int64 { return 7 }, says: []said{{}}},
		{name: "no process runs", committed: func(int) int64 { return 7 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var s standstill
			begin, found := time.Now(), 0
			for second := range 100 {
				if err := s.look(begin.Add(time.Duration(second)*time.Second), 100, tt.committed(second), tt.says); err != nil {
					found++
				}
			}
			if tt.silent != (found == 1) || found > 1 {
				t.Errorf("found %d times, silent %v", found, tt.silent)
			}
		})
	}
}

func TestStandstillOfAnotherTimeIsToldAgain(t *testing.T) {
	var s standstill
	begin, found := time.Now(), 0
	for second := range 100 {
		committed := int64(second / 50)
		if err := s.look(begin.Add(time.Duration(second)*time.Second), 100, committed, []said{{process: "a", answers: true, ready: true}}); err != nil {
			if found++; !strings.Contains(err.Error(), "a: ready true") {
				t.Errorf("it does not say what the process said: %v", err)
			}
		}
	}
	if found != 2 {
		t.Errorf("found %d times, want 2", found)
	}
}

func TestSaidReadsMetrics(t *testing.T) {
	var s said
	err := s.read(strings.NewReader(`# HELP loaderline_stalled Whether it stands still.
# TYPE loaderline_stalled gauge
loaderline_stalled{reason="kafka"} 0
loaderline_stalled{reason="open_transaction"} 1
loaderline_consumer_lag_records{topic="in",partition="0"} 12
loaderline_consumer_lag_records{topic="in",partition="1"} 1e+06
loaderline_consumer_lag_seconds{topic="in",partition="1"} 7
`))
	if err != nil {
		t.Fatal(err)
	}
	if s.lag != 1_000_012 || len(s.stalled) != 1 || !strings.Contains(s.stalled[0], "open_transaction") {
		t.Errorf("read %+v", s)
	}
	if err := s.read(strings.NewReader("loaderline_stalled{} many\n")); err == nil {
		t.Error("a value that is no number was taken")
	}
}
