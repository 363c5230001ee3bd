package pipeline_test

import (
	"fmt"
	"math/bits"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/testenv"
)

// usersWithScore makes a table of users, and a function that fails for one of them.
func usersWithScore(t *testing.T, dsn string, users, poison int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), fmt.Sprintf(`
CREATE TABLE users (id bigint PRIMARY KEY, name text);
INSERT INTO users SELECT i, 'user ' || i FROM generate_series(0, %d) i;
CREATE FUNCTION score(id bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN IF id = %d THEN RAISE EXCEPTION 'no score for user'; END IF; RETURN id %% 10; END $$`, users-1, poison)); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// The database raises an error for one key: its events alone fail, and only the first micro-batch looks for it.
func TestAPoisonKeyInPostgreSQL(t *testing.T) {
	const (
		events, size, users = 100_000, 5000, 20_000
		poison              = 777
	)
	dsn := testenv.Postgres(t)
	usersWithScore(t, dsn, users, poison)
	file, err := pipelinefile.Parse("pipeline.yaml", fmt.Appendf(nil, `
kafka: {brokers: [localhost:9092]}
input: {topics: [events], group: g}
output: {topic: out}
dead_letter: {topic: dead}
sources:
  shop: {sql: {driver: postgres, dsn: %q}, max_keys: %d}
stages:
  user: {source: shop, by: event.user_id, query: "SELECT id, name, score(id) FROM users WHERE id = ANY($keys)", key: id, cache: {ttl: 10m, negative_ttl: 10m}}
`, dsn, size), pipelinefile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	layout, err := pipeline.NewLayout(file)
	if err != nil {
		t.Fatal(err)
	}
	var calls atomic.Int64
	p, err := pipeline.Open(t.Context(), layout, pipeline.Options{OnCall: func(string, time.Duration, error) { calls.Add(1) }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	dead := 0
	for from := 0; from < events; from += size {
		documents, asked := make([]jsonenrich.Document, size), make([]int, size)
		for i := range documents {
			// Two in three users come again in each micro-batch, and the one at fault does.
			user := (from/3 + i) % users
			if i == size/2 {
				user = poison
			}
			asked[i] = user
			if documents[i], err = p.Config.Decode(loaderline.Record{Value: fmt.Appendf(nil, `{"user_id":%d}`, user)}); err != nil {
				t.Fatal(err)
			}
		}
		before := calls.Load()
		rows := p.Config.Plan.Run(t.Context(), documents)
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		most := int64(1)
		if from == 0 {
			most += 2*int64(bits.Len(size)-1) + 2
		}
		if n := calls.Load() - before; n > most {
			t.Errorf("%d calls for the micro-batch from %d, want %d at most", n, from, most)
		} else if from == 0 {
			t.Logf("%d calls for the first micro-batch", n)
		}
		for i := range documents {
			_, failed := p.Config.Encode(rows.At(i))
			if (failed != nil) != (asked[i] == poison) {
				t.Fatalf("event %d: %v", from+i, failed)
			}
			if failed != nil {
				dead++
			}
		}
	}
	t.Logf("%d events, %d failed, %d calls", events, dead, calls.Load())
}
