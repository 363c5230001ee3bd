package doctest_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/loaderline/loaderline/testenv"
)

// TestTheExampleDoesWhatTheComposeFileSetsUp runs examples/user-events.yaml as docker-compose.yml does, with the shop in a real
// PostgreSQL, and Kafka played by the development broker: each event has an outcome, two of them a dead letter.
func TestTheExampleDoesWhatTheComposeFileSetsUp(t *testing.T) {
	dsn := testenv.Postgres(t)
	seed(t, dsn)
	r := newReader(t)
	r.env = append(r.env, "SHOP_DSN="+dsn)
	p := page{path: "the example"}
	r.start(p, block{}, step{command: "loaderline broker", want: []string{"a development broker, not for production, listens on ..."}})
	for _, command := range []string{
		"loaderline check examples/user-events.yaml --create-topics --quiet",
		"loaderline check examples/user-events.yaml --connect --quiet",
	} {
		r.run(p, block{}, step{command: command})
	}
	r.start(p, block{}, step{command: "loaderline run examples/user-events.yaml", want: []string{"...started..."}})
	events := strings.Count(read(t, "examples/events.ndjson"), "\n")
	r.run(p, block{}, step{command: "loaderline publish examples/user-events.yaml examples/events.ndjson --key user_id --quiet"})

	enriched := lines(r.run(p, block{}, step{command: "loaderline consume examples/user-events.yaml -n " + strconv.Itoa(events-2)}))
	full := 0
	for _, line := range enriched {
		var record struct {
			User      struct{ Name, Tier string }
			Purchases []struct{ Reviews []struct{ Rating int } }
		}
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if record.User.Name == "" || record.User.Tier == "" {
			t.Errorf("the user is not there: %s", line)
		}
		for _, purchase := range record.Purchases {
			full += len(purchase.Reviews)
		}
	}
	if len(enriched) != events-2 || full == 0 {
		t.Errorf("%d records with %d reviews in all, want %d records and some reviews", len(enriched), full, events-2)
	}
	dead := r.run(p, block{}, step{command: "loaderline consume examples/user-events.yaml --dead-letters --format json -n 2"})
	for _, kind := range []string{`{"key":"loaderline.error.kind","value":"missing"}`, `{"key":"loaderline.error.kind","value":"key"}`} {
		if strings.Count(dead, kind) != 1 {
			t.Errorf("want one dead letter with %s:\n%s", kind, dead)
		}
	}
}

// seed runs examples/shop.sql, as the database's image does when it first starts.
func seed(t *testing.T, dsn string) {
	t.Helper()
	db, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.PgConn().Exec(t.Context(), read(t, "examples/shop.sql")).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func lines(text string) []string { return strings.Split(strings.TrimSuffix(text, "\n"), "\n") }
