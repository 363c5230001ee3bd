package bench

import (
	"slices"
	"testing"
	"time"

	"github.com/loaderline/loaderline/testenv"
)

func TestWhatCameOfAFault(t *testing.T) {
	for want, after := range map[string]After{
		"went on":                                   {},
		"went on after 2 restarts":                  {Restarts: 2},
		"stands still":                              {Lost: 1},
		"restarted 7 times without going on":        {Lost: 1, Restarts: 7},
		"stands still, and left a transaction open": {Lost: 1, Open: true},
		"ended: exit status 1":                      {Lost: 1, Restarts: 1, Ended: "exit status 1"},
	} {
		if got := after.What(); got != want {
			t.Errorf("%+v: %q, want %q", after, got, want)
		}
	}
}

func TestTrial(t *testing.T) {
	for fault, want := range map[Fault]int{Malformed: 1, Kill: 0} {
		trial := newTrial(fault, Processor{Restart: "again"}, world{}, launch{}, testenv.EventsConfig{Count: 100, Users: 10})
		events := slices.Collect(trial.input())
		bad := slices.DeleteFunc(slices.Clone(events), func(e testenv.Event) bool { return string(e.Value) != malformed })
		if len(events) != 99+want || len(bad) != want {
			t.Errorf("%s: %d events, %d malformed", fault, len(events), len(bad))
		}
		select {
		case <-trial.middle:
		default:
			t.Errorf("%s: the middle has not come", fault)
		}
		p := &process{}
		p.stderr.WriteString("again and\nagain\n")
		if got := trial.restartsOf(p); got != 2 {
			t.Errorf("%d restarts", got)
		}
	}
}

// What a killed process has published is seen after the kill too: the next output is that of a later event.
func TestNextOutput(t *testing.T) {
	trial := newTrial(Kill, Processor{}, world{}, launch{}, testenv.EventsConfig{Count: 100, Users: 10})
	now := time.Now()
	trial.note(0, now)
	trial.sent = 10
	trial.gone(now)
	trial.note(10, now.Add(time.Second))
	trial.note(11, now.Add(3*time.Second))
	trial.note(12, now.Add(4*time.Second))
	if after, _ := trial.told(); after.Next != 3 || after.Lost != 100 {
		t.Errorf("told %+v", after)
	}
}
