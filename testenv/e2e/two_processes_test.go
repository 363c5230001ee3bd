package e2e_test

import "testing"

// Two processes of one file on one host, with as many workers each as there are partitions, share the work, and neither
// fences the other.
func TestTwoProcessesShareTheWork(t *testing.T) {
	t.Parallel()
	s := newScenario(t, options{hold: true, workers: 4})
	first := s.run("")
	s.waitFor(10)
	second := s.run("")
	second.logged("partitions assigned")
	close(s.release)
	report := s.verdict()
	if report.Dead != 0 {
		t.Errorf("%d dead letters", report.Dead)
	}
	for name, p := range map[string]*process{"first": first, "second": second} {
		p.terminate()
		records := p.stopped().Records
		t.Logf("the %s: %d records", name, records)
		if records < s.events/10 {
			t.Errorf("the %s process had %d of %d records", name, records, s.events)
		}
	}
}
