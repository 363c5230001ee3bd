package pipeline_test

import (
	"database/sql"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/cachetier/tiertest"
	"github.com/loaderline/loaderline/internal/pipeline"
)

// A process that starts again finds in its tiers what the last one loaded: rows, lists, what is missing, and where later
// stages' keys and results are in them.
func TestTiersOutliveTheProcess(t *testing.T) {
	const cached = `
  user: {source: shop, by: event.user_id, query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id, cache: {ttl: 1h}}
  purchases: {source: shop, by: event.user_id, query: "SELECT user_id AS _key, id, product_id FROM purchases WHERE user_id IN ($keys) ORDER BY id", many: true, cache: {ttl: 1h}}
  reviews: {source: shop, by: "purchases[].product_id", query: "SELECT product_id AS _key, id, author FROM reviews WHERE product_id IN ($keys) ORDER BY id", many: true, into: "purchases[].reviews", cache: {ttl: 1h}}
`
	dsn := shopFile(t)
	l, err := layout("nest", dsn, cached)
	if err != nil {
		t.Fatal(err)
	}
	var (
		store tiertest.Store
		calls atomic.Int64
		got   [2][]string
	)
	events := []string{`{"user_id":1}`, `{"user_id":2}`, `{"user_id":3}`, `{"user_id":4}`}
	for i := range got {
		calls.Store(0)
		p, err := pipeline.Open(t.Context(), l, pipeline.Options{
			Tiers:  []cachetier.Tier{tiertest.NewFake(&store)},
			OnCall: func(string, time.Duration, error) { calls.Add(1) },
		})
		if err != nil {
			t.Fatal(err)
		}
		got[i] = enrich(t, p, events...)
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		change(t, dsn, "DELETE FROM users; DELETE FROM purchases; DELETE FROM reviews")
	}
	if diff := cmp.Diff(got[0], got[1]); diff != "" {
		t.Errorf("the second process has others (-first +second):\n%s", diff)
	}
	if want := `{"event":{"user_id":1},"user":{"id":1,"name":"Ada"},"purchases":[{"id":10,"product_id":100,"reviews":[{"id":50,"author":2},{"id":51,"author":9}]}`; len(got[1][0]) < len(want) || got[1][0][:len(want)] != want {
		t.Errorf("got %s", got[1][0])
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("the second process made %d calls", n)
	}
}

func change(t *testing.T, dsn, statements string) {
	t.Helper()
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), statements); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
