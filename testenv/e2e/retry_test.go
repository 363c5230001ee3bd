package e2e_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loaderline/loaderline/testenv"
)

// sickenedUser makes lookups of one user fail for a while, as a deadlock would, and no others.
const sickenedUser = `
ALTER TABLE users RENAME TO healthy_users;
CREATE TABLE sick (id bigint, until timestamptz);
INSERT INTO sick VALUES (%[1]d, now());
CREATE FUNCTION well(user_id bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF user_id = %[1]d AND clock_timestamp() < (SELECT until FROM sick) THEN
    RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01';
  END IF;
  RETURN true;
END $$;
CREATE VIEW users AS SELECT * FROM healthy_users WHERE well(id);`

// retried is a pipeline with two retry topics, and a database in which one user can be sickened by SQL.
type retried struct {
	*scenario

	topics []string
	db     *pgx.Conn
}

func newRetried(t *testing.T) *retried {
	t.Helper()
	const users = 500
	r := &retried{scenario: newScenario(t, options{hold: true, cache: "{ttl: 0s}", users: users, extra: `
retry: {max_elapsed: 0s, topics: [{topic: INPUT-retry-2s, delay: 2s}, {topic: INPUT-retry-5s, delay: 5s}]}`})}
	r.topics = []string{r.input + "-retry-2s", r.input + "-retry-5s"}
	for _, topic := range r.topics {
		if err := testenv.CreateTopic(t.Context(), r.kafka, topic, 4); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 30*time.Second)
		defer cancel()
		if err := testenv.DeleteTopics(ctx, r.kafka, r.topics...); err != nil {
			t.Log(err)
		}
	})
	var err error
	if r.db, err = pgx.Connect(t.Context(), r.dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.db.Close(context.Background()) })
	r.exec(fmt.Sprintf(sickenedUser, mostFrequentUser(users)))
	return r
}

func (r *retried) exec(sql string) {
	r.t.Helper()
	if _, err := r.db.Exec(r.t.Context(), sql); err != nil {
		r.t.Fatal(err)
	}
}

// awaitFailed waits until an event has failed and waits in a retry topic.
func (r *retried) awaitFailed(topic string) {
	r.t.Helper()
	for deadline := time.Now().Add(time.Minute); len(r.failed(topic)) == 0; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("nothing waits in %s", topic)
		}
	}
}

// A user's lookups fail until its events wait for the second time: they are enriched after the second delay, in order and
// once, though the process is killed while they wait.
func TestAKeyThatFailsForAWhileWaitsInRetryTopics(t *testing.T) {
	t.Parallel()
	s := newRetried(t)
	p := s.run("")
	s.waitFor(10)
	s.exec("UPDATE sick SET until = 'infinity'")
	close(s.release)
	for i, topic := range s.topics { // Killed in the first delay, and in the second.
		s.awaitFailed(topic)
		if i == 1 {
			s.exec("UPDATE sick SET until = '-infinity'")
		}
		p.kill()
		p = s.run("")
	}
	report := s.verdict()
	if report.Dead != 0 {
		t.Errorf("%d dead letters", report.Dead)
	}
	for _, topic := range s.topics {
		t.Logf("%d events failed before they waited in %s", len(s.failed(topic)), topic)
	}
	p.terminate()
}

// A user's lookups fail for four seconds from the first one on, or until a slow machine has come to the second: its events
// are enriched after the second delay, in order and once, though the process is killed in between.
func TestAKeyThatFailsForFourSeconds(t *testing.T) {
	t.Parallel()
	s := newRetried(t)
	p := s.run("")
	s.waitFor(10)
	s.exec("UPDATE sick SET until = 'infinity'")
	close(s.release)
	s.awaitFailed(s.topics[1])
	r := s.failed(s.topics[1])[0]
	first, last, due := headerTime(t, r, "loaderline.error.first_at"), headerTime(t, r, "loaderline.error.last_at"), headerTime(t, r, "loaderline.retry.due")
	s.exec(fmt.Sprintf("UPDATE sick SET until = timestamptz '%s' + interval '4 seconds'", first.Format(time.RFC3339Nano)))
	p.kill()
	p = s.run("")
	report := s.verdict()
	if report.Dead != 0 {
		t.Errorf("%d dead letters", report.Dead)
	}
	t.Logf("the second failure was %v after the first, the third try due %v later", last.Sub(first), due.Sub(last))
	if last.Sub(first) < 2*time.Second || due.Sub(last) < 5*time.Second || time.Now().Before(due) {
		t.Error("a try was before its time")
	}
	if n := len(s.failed(s.topics[1])); n != 1 {
		t.Errorf("%d events have failed twice, want the first of its key alone", n)
	}
	p.terminate()
}

func headerTime(t *testing.T, r testenv.Record, name string) time.Time {
	t.Helper()
	text, _ := r.Header(name)
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return at
}

// failed are the events in a retry topic that failed themselves.
func (s *scenario) failed(topic string) []testenv.Record {
	s.t.Helper()
	records, err := testenv.ReadAll(s.t.Context(), s.kafka, topic)
	if err != nil {
		s.t.Fatal(err)
	}
	return slices.DeleteFunc(records, func(r testenv.Record) bool {
		kind, _ := r.Header("loaderline.error.kind")
		return kind != "lookup"
	})
}

func mostFrequentUser(users int) int64 {
	counts := map[int64]int{}
	var most int64
	for e := range testenv.Events(testenv.EventsConfig{Count: 1000, Users: users}) {
		if counts[e.User]++; counts[e.User] > counts[most] {
			most = e.User
		}
	}
	return most
}
