package e2e_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/loaderline/loaderline/testenv"
)

// The Redis of the shared cache freezes under load and continues: no event pays for it.
func TestASharedCacheThatStandsStill(t *testing.T) {
	t.Parallel()
	redis := testenv.Own(t, testenv.StartRedis)
	// So little memory that Redis is asked all the time.
	s := newScenario(t, options{hold: true, extra: fmt.Sprintf("cache: {memory: 1MiB, redis: {addresses: [%q]}}", redis.Address())})
	p := s.run("")
	s.waitFor(10)
	before := s.timed(30)
	s.waitFor(50)
	if err := redis.Pause(); err != nil {
		t.Fatal(err)
	}
	close(s.release) // Whatever was looked up before was not of these.
	first, then := s.timed(55), s.timed(75)
	t.Logf("20 %% of the events took %v; with Redis standing still the first 5 %% took %v, and 20 %% more %v", before, first, then)
	p.logged("the cache in Redis is away")
	if err := redis.Resume(); err != nil {
		t.Fatal(err)
	}
	p.logged("the cache in Redis is back")
	report := s.verdict()
	if report.Dead != 0 {
		t.Errorf("%d dead letters because of a cache", report.Dead)
	}
	p.terminate()
}

// timed is how long it takes from now until a share of the events has a visible outcome.
func (s *scenario) timed(percent int) time.Duration {
	s.t.Helper()
	begin := time.Now()
	s.waitFor(percent)
	return time.Since(begin).Round(time.Millisecond)
}
