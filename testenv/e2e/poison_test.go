package e2e_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loaderline/loaderline/testenv"
)

// poisonedUser makes each statement fail that reads one user, as data do that a query cannot work with.
const poisonedUser = `
ALTER TABLE users RENAME TO good_users;
CREATE FUNCTION good(user_id bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF user_id = %d THEN
    RAISE EXCEPTION 'this user is poison';
  END IF;
  RETURN true;
END $$;
CREATE VIEW users AS SELECT * FROM good_users WHERE good(id);`

// One user fails each call that asks for it: its events alone are dead letters, and it is found in few calls, once.
func TestAPoisonKey(t *testing.T) {
	t.Parallel()
	const (
		users    = 5000
		maxBatch = 5000
	)
	poison := mostFrequentUser(users)
	s := newScenario(t, options{
		hold: true, users: users, workers: 1, cache: "{ttl: 10m, negative_ttl: 1h}",
		allowDead: func(testenv.DeadLetter) bool { return true },
	})
	db, err := pgx.Connect(t.Context(), s.dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close(context.Background()) })
	if _, err := db.Exec(t.Context(), fmt.Sprintf(poisonedUser, poison)); err != nil {
		t.Fatal(err)
	}
	close(s.release)
	p := s.run("")
	report := s.verdict()
	p.terminate()
	failed := rolledBack(t, db)
	of := fmt.Sprintf(`"user_id":%d,`, poison)
	for _, d := range report.DeadLetters {
		if d.Code != "P0001" || d.Stage != "user" || !strings.Contains(string(d.Record.Value), of) {
			t.Errorf("a dead letter of another event: %s, %s", d.Message, d.Record.Value)
		}
	}
	records, err := testenv.ReadAll(t.Context(), s.kafka, s.output)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if strings.Contains(string(r.Value), of) {
			t.Fatalf("an event of the poison key was enriched: %s", r.Value)
		}
	}
	// A call that fails is halved: it costs two more, and one of them fails.
	extra := 2 * (failed - 1)
	t.Logf("%d of %d events are dead letters; %d calls failed, so %d were extra", report.Dead, s.events, failed, extra)
	if most := 2*math.Log2(maxBatch) + 2; report.Dead == 0 || failed == 0 || float64(extra) > most {
		t.Errorf("at most %.0f", most)
	}
}

// rolledBack is how many statements have failed in a database, which is known once all others have left it.
func rolledBack(t *testing.T, db *pgx.Conn) (failed int) {
	t.Helper()
	const query = "SELECT numbackends, xact_rollback FROM pg_stat_database WHERE datname = current_database()"
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		var sessions int
		if err := db.QueryRow(t.Context(), query).Scan(&sessions, &failed); err != nil {
			t.Fatal(err)
		}
		if sessions == 1 {
			return failed
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d sessions are left", sessions)
		}
	}
}
