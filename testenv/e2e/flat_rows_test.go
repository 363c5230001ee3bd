package e2e_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loaderline/loaderline/testenv"
)

const flatRowsFile = `
name: %[1]s
kafka: {brokers: ["%[2]s"], session_timeout: 6s}
http: {listen: "127.0.0.1:0"}
workers: 1
input: {topics: [%[1]s], group: %[1]s}
sources:
  db: {sql: {driver: postgres, dsn: "${SHOP_DSN}", pool: 2}}
stages:
  payment: {source: db, by: event.id, query: "SELECT id, op, source, amount FROM payments WHERE id = ANY($keys)", key: id}
  message: {source: db, by: event.id, query: "SELECT id, schema, payload FROM messages WHERE id = ANY($keys)", key: id}
  order: {source: db, by: event.id, query: "SELECT product AS _key, id AS n FROM orders WHERE product = ANY($keys) ORDER BY id", many: true}
cache:
  ttl: 1h
  invalidate:
    changes:
      - {topic: %[5]s, key: id, stages: [payment]}
      - {topic: %[6]s, key: id, stages: [message]}
      - {topic: %[7]s, key: product, stages: [order]}
output: {topic: %[3]s}
dead_letter: {topic: %[4]s}
`

// Rows may have columns with the names of an envelope's members, and a record's key need not be the primary key: cached rows are
// as new as the database after each record all the same.
func TestRowsThatLookLikeEnvelopes(t *testing.T) {
	t.Parallel()
	s := &scenario{
		t: t, kafka: testenv.Kafka(t), dsn: testenv.Postgres(t), file: filepath.Join(t.TempDir(), "pipeline.yaml"),
		input: testenv.Topic(t, "in", 1), output: testenv.Topic(t, "out", 1), dead: testenv.Topic(t, "dead", 1),
	}
	s.running, s.died = context.WithCancelCause(t.Context())
	payments, messages, orders := testenv.Topic(t, "payments", 1), testenv.Topic(t, "messages", 1), testenv.Topic(t, "orders", 1)
	if err := os.WriteFile(s.file, fmt.Appendf(nil, flatRowsFile, s.input, s.kafka, s.output, s.dead, payments, messages, orders), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := pgx.Connect(t.Context(), s.dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	exec := func(statement string) {
		t.Helper()
		if _, err := db.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	publish := func(topic, key, value string) {
		t.Helper()
		e := testenv.Event{Value: []byte(value)}
		if key != "" {
			e.Key = []byte(key)
		}
		if _, err := testenv.Publish(t.Context(), testenv.PublishConfig{Kafka: s.kafka, Topic: topic}, slices.Values([]testenv.Event{e})); err != nil {
			t.Fatal(err)
		}
	}
	exec(`CREATE TABLE payments (id int PRIMARY KEY, op text, source text, amount int);
		INSERT INTO payments VALUES (7, 'm', 'mobile', 100);
		CREATE TABLE messages (id int PRIMARY KEY, schema text, payload jsonb);
		INSERT INTO messages VALUES (7, NULL, '{"id": 900, "text": "old"}');
		CREATE TABLE orders (id int PRIMARY KEY, product int NOT NULL);
		INSERT INTO orders VALUES (1, 7)`)
	p := s.run("")
	p.logged("change topics were read to the end")
	ctx, cancel := context.WithTimeout(s.running, time.Minute)
	defer cancel()
	seen := 0
	see := func(wants ...string) {
		t.Helper()
		for last := ""; ; { // An event may come before the change record is read.
			publish(s.input, "k", `{"id":7}`)
			for before := seen; seen == before; {
				all, err := testenv.ReadAll(ctx, s.kafka, s.output)
				if err != nil {
					t.Fatalf("it never had %s: %v; it is %s", wants, err, last)
				}
				if seen = len(all); seen > 0 {
					last = string(all[seen-1].Value)
				}
			}
			if !slices.ContainsFunc(wants, func(want string) bool { return !strings.Contains(last, want) }) {
				return
			}
		}
	}
	see(`"amount":100`, `"text":"old"`, `"order":[{"n":1}]`)

	exec(`UPDATE payments SET amount = 250; UPDATE messages SET payload = '{"id": 900, "text": "new"}'; UPDATE orders SET product = 8`)
	publish(payments, `{"id":7}`, `{"id":7,"op":"m","source":"mobile","amount":250}`)
	publish(messages, "", `{"id":7,"schema":null,"payload":{"id":900,"text":"new"}}`)
	// By message.key.columns, with REPLICA IDENTITY DEFAULT.
	publish(orders, `{"product":8}`, `{"before":null,"after":{"id":1,"product":8},"op":"u","source":{"connector":"postgresql","name":"shop","ts_ms":1,"db":"shop","schema":"public","table":"orders"}}`)
	see(`"amount":250`, `"text":"new"`, `"order":[]`)
	p.logged("it does not say for certain which key the row had before")
	p.terminate()
}
