package e2e_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loaderline/loaderline/testenv"
)

// ownPostgres is a server that a test may stop, and a database on it.
func ownPostgres(t *testing.T) (server *testenv.Service, dsn string) {
	t.Helper()
	server = testenv.Own(t, testenv.StartPostgres)
	dsn, _, err := testenv.CreateDatabase(t.Context(), server.Address())
	if err != nil {
		t.Fatal(err)
	}
	return server, dsn
}

// resumesWithin is how soon a pipeline resumes after its source has returned.
const resumesWithin = 5 * time.Second

// PostgreSQL stops and comes back on the way: no event pays for it. With very many events it is away for 20 s, while
// 5,000 a second are published.
func TestAnOutageOfTheDatabase(t *testing.T) {
	t.Parallel()
	postgres, dsn := ownPostgres(t)
	o := options{dsn: dsn, hold: true, extra: "retry: {max_elapsed: 500ms}"}
	away := time.Duration(0)
	if eventCount(t) >= full {
		o.hold, o.rate, away = false, 5000, 20*time.Second
	}
	s := newScenario(t, o)
	p := s.run("")
	s.waitFor(20)
	assigned := p.log.count("rebalance")
	back := time.After(away)
	if err := postgres.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if o.hold {
		close(s.release)
	}
	p.logged("outage, paused")
	<-back
	if err := postgres.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), resumesWithin)
	defer cancel()
	if err := p.log.await(ctx, "outage over, resumed"); err != nil {
		t.Errorf("it has not resumed after %v: %v", resumesWithin, err)
	}
	t.Logf("resumed after %v", time.Since(start).Round(time.Millisecond))
	report := s.verdict()
	if report.Dead != 0 {
		t.Errorf("%d dead letters in an outage", report.Dead)
	}
	if n := p.log.count("rebalance"); n != assigned {
		t.Errorf("%d lines about rebalances in the log, %d before the outage", n, assigned)
	}
	p.terminate()
}

// With on_outage: degrade the events go on while the database is away, and say what they lack.
func TestAnOutageThatDegrades(t *testing.T) {
	t.Parallel()
	postgres, dsn := ownPostgres(t)
	s := newScenario(t, options{dsn: dsn, hold: true, cache: "{ttl: 10m}\n    on_outage: degrade", source: ", breaker: true"})
	p := s.run("")
	s.waitFor(50)
	if err := postgres.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	close(s.release)
	s.published()
	s.waitFor(100)
	records, err := testenv.ReadAll(t.Context(), s.kafka, s.output)
	if err != nil {
		t.Fatal(err)
	}
	marked := 0
	for _, r := range records {
		degraded, ok := r.Header("loaderline.degraded")
		if !ok {
			continue
		}
		marked++
		for mark := range strings.SplitSeq(degraded, ",") {
			if !strings.HasSuffix(mark, "=outage") {
				t.Fatalf("loaderline.degraded: %s", degraded)
			}
		}
	}
	if marked == 0 || len(records) != s.events {
		t.Errorf("%d of %d records are marked, want all of %d events and some marked", marked, len(records), s.events)
	}
	if n := p.log.count("outage, paused"); n != 0 {
		t.Errorf("it has paused %d times", n)
	}
	p.terminate()
}

// A table is renamed while the pipeline runs, and its file says that this is the events' fault: it stops before the
// topic is drained into the dead letters.
func TestEveryEventFails(t *testing.T) {
	t.Parallel()
	s := newScenario(t, options{hold: true, cache: "{ttl: 0s}", source: `, errors: {"42P01": permanent}`})
	p := s.run("")
	s.waitFor(50)
	conn, err := pgx.Connect(t.Context(), s.dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // The test is over.
	if _, err := conn.Exec(t.Context(), "ALTER TABLE users RENAME TO people"); err != nil {
		t.Fatal(err)
	}
	p.told.Store(true)
	close(s.release)
	if code := p.exit(time.Minute); code != 1 {
		t.Errorf("exit %d", code)
	}
	last := p.log.tail()
	for _, part := range []string{"stage user", "42P01", "dead_letter.limit"} {
		if !strings.Contains(last, part) {
			t.Errorf("its last words do not have %q", part)
		}
	}
	dead, err := testenv.ReadAll(t.Context(), s.kafka, s.dead)
	if err != nil {
		t.Fatal(err)
	}
	if t.Logf("%d dead letters", len(dead)); len(dead) > 1000 {
		t.Error("too many")
	}
}
