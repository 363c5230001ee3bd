package pipeline_test

import (
	"database/sql"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/pipeline"
)

// A row that comes after its event is found, past what the cache knows to be missing; one that never comes is a dead letter.
func TestOnMissingRetry(t *testing.T) {
	const waiting = `
  user: {source: shop, by: event.user_id, query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id, on_missing: retry, cache: {ttl: 1h, negative_ttl: 1h}}
  seller: {source: shop, by: event.seller, query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id, cache: {ttl: 1h, negative_ttl: 1h}}
retry: {initial: 10ms, max: 10ms, max_elapsed: 400ms}`
	path := shopFile(t)
	l, err := layout("nest", path, waiting)
	if err != nil {
		t.Fatal(err)
	}
	var calls atomic.Int32
	called := make(chan struct{})
	p, err := pipeline.Open(t.Context(), l, pipeline.Options{OnCall: func(string, time.Duration, error) {
		if calls.Add(1) == 3 { // one of each stage, and the first of those that wait
			close(called)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	inserted := make(chan error, 1)
	go func() {
		<-called
		db, err := sql.Open("sqlite", path)
		if err == nil {
			_, err = db.ExecContext(t.Context(), "INSERT INTO users VALUES (7, 'Barbara', NULL)")
			_ = db.Close()
		}
		inserted <- err
	}()
	got := enrich(t, p, `{"user_id":1,"seller":7}`, `{"user_id":7,"seller":1}`, `{"user_id":8}`, `{}`)
	if err := <-inserted; err != nil {
		t.Fatal(err)
	}
	want := []string{
		`{"event":{"user_id":1,"seller":7},"user":{"id":1,"name":"Ada"},"seller":null}`,
		`{"event":{"user_id":7,"seller":1},"user":{"id":7,"name":"Barbara"},"seller":{"id":1,"name":"Ada"}}`,
		`missing in stage user: no row has the key that event.user_id holds, and none came within the retries`,
		`missing in stage user: event.user_id is absent or null`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(enrich(t, p, `{"user_id":7,"seller":7}`)[0], `"user":{"id":7,"name":"Barbara"},"seller":null`) {
		t.Error("the two stages share what they know of missing keys")
	}
}
