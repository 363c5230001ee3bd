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

// A user's lookups fail until its events wait for the second time: they are enriched after the second delay, in order and
// once, though the process is killed while they wait.
func TestAKeyThatFailsForAWhileWaitsInRetryTopics(t *testing.T) {
	t.Parallel()
	const users = 500
	s := newScenario(t, options{hold: true, cache: "{ttl: 0s}", users: users, extra: `
retry: {max_elapsed: 0s, topics: [{topic: INPUT-retry-2s, delay: 2s}, {topic: INPUT-retry-5s, delay: 5s}]}`})
	topics := []string{s.input + "-retry-2s", s.input + "-retry-5s"}
	for _, topic := range topics {
		if err := testenv.CreateTopic(t.Context(), s.kafka, topic, 4); err != nil {
			t.Fatal(err)
		}
	}
	db, err := pgx.Connect(t.Context(), s.dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close(context.Background()) })
	if _, err := db.Exec(t.Context(), fmt.Sprintf(sickenedUser, mostFrequentUser(users))); err != nil {
		t.Fatal(err)
	}
	p := s.run("")
	s.waitFor(10)
	sick := func(until string) {
		if _, err := db.Exec(t.Context(), "UPDATE sick SET until = $1::text::timestamptz", until); err != nil {
			t.Fatal(err)
		}
	}
	sick("infinity")
	close(s.release)
	for _, topic := range topics { // Killed in the first delay, and in the second.
		for deadline := time.Now().Add(time.Minute); len(s.failed(topic)) == 0; time.Sleep(200 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("nothing waits in %s", topic)
			}
		}
		if topic == topics[1] {
			sick("-infinity")
		}
		p.kill()
		p = s.run("")
	}
	report := s.verdict()
	if report.Dead != 0 {
		t.Errorf("%d dead letters", report.Dead)
	}
	for _, topic := range topics {
		t.Logf("%d events failed before they waited in %s", len(s.failed(topic)), topic)
	}
	p.terminate()
}

// failed are the events in a retry topic that are there for a failure of their own.
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
