package e2e_test

import (
	"testing"
)

func TestExactlyOnce(t *testing.T) {
	t.Parallel()
	s := newScenario(t, options{})
	p := s.run("")
	report := s.verdict()
	if report.Dead != 0 {
		t.Errorf("%d dead letters", report.Dead)
	}
	p.terminate()
}

// Killed and started again five times, each time once another 12 % of the outcomes is visible.
func TestKilledFiveTimes(t *testing.T) {
	t.Parallel()
	s := newScenario(t, options{})
	p := s.run("")
	for i := range 5 {
		s.waitFor(12 * (i + 1))
		p.kill()
		p = s.run("")
	}
	s.verdict()
	p.terminate()
}

// A second instance joins and leaves five times, by SIGTERM and by SIGKILL in turn.
func TestASecondInstanceJoinsAndLeaves(t *testing.T) {
	t.Parallel()
	s := newScenario(t, options{extra: `instance: "${INSTANCE}"`})
	first := s.run("first")
	for i := range 5 {
		s.waitFor(12 * (i + 1))
		second := s.run("second")
		second.logged("rebalance")
		s.waitFor(12*(i+1) + 6)
		if i%2 == 0 {
			second.terminate()
		} else {
			second.kill()
		}
	}
	s.verdict()
	first.terminate()
}

func TestTerminatedOnTheWay(t *testing.T) {
	t.Parallel()
	s := newScenario(t, options{})
	for _, percent := range []int{10, 30, 50} {
		p := s.run("")
		s.waitFor(percent)
		p.terminate()
	}
	p := s.run("")
	s.verdict()
	p.terminate()
}

// At least once: nothing is lost, and only a kill repeats anything, no more than was in hand.
func TestAtLeastOnce(t *testing.T) {
	t.Parallel()
	const (
		kills   = 2
		workers = 2
		inHand  = 5000 // records a worker
	)
	s := newScenario(t, options{delivery: "at_least_once"})
	p := s.run("")
	s.waitFor(20)
	p.terminate()
	for i := range kills {
		p = s.run("")
		s.waitFor(40 + 20*i)
		p.kill()
	}
	p = s.run("")
	report := s.verdict()
	p.terminate()
	if report.Duplicates.Count > kills*workers*inHand {
		t.Errorf("%d duplicates", report.Duplicates.Count)
	}
}
