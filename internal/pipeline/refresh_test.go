package pipeline_test

import (
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/pipeline"
)

// A row that is asked for is loaded again long before its TTL ends, and Close waits for what is under way.
func TestRefresh(t *testing.T) {
	dsn := shopFile(t)
	l, err := layout("nest", dsn, `
  user: {source: shop, by: event.user_id, query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id, cache: {ttl: 1m, refresh: 1%}}
`)
	if err != nil {
		t.Fatal(err)
	}
	p, err := pipeline.Open(t.Context(), l, pipeline.Options{Reuse: true})
	if err != nil {
		t.Fatal(err)
	}
	const before, after = `{"event":{"user_id":1},"user":{"id":1,"name":"Ada"}}`, `{"event":{"user_id":1},"user":{"id":1,"name":"Ada L."}}`
	got := enrich(t, p, `{"user_id":1}`)[0]
	if got != before {
		t.Fatal(got)
	}
	change(t, dsn, "UPDATE users SET name = 'Ada L.' WHERE id = 1")
	for end := time.Now().Add(30 * time.Second); got != after; got = enrich(t, p, `{"user_id":1}`)[0] {
		if got != before || time.Now().After(end) {
			t.Fatal(got)
		}
		time.Sleep(time.Millisecond)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}
