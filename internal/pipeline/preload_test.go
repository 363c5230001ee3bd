package pipeline_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/strictyaml"
	"github.com/loaderline/loaderline/stages"
)

const (
	preloadedUser = `
  user: {source: shop, by: event.user_id, query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id, cache: {ttl: 1h},
    preload: {query: "SELECT id, name FROM users"}}`
	preloadedPurchases = `
  purchases: {source: shop, by: event.user_id, query: "SELECT user_id AS _key, id, product_id FROM purchases WHERE user_id IN ($keys) ORDER BY id", many: true,
    cache: {ttl: 1h}, preload: {query: "SELECT user_id AS _key, id, product_id FROM purchases ORDER BY user_id, id", wait: false}}`
)

// preload runs the preloads of a pipeline.
func preload(t *testing.T, p *pipeline.Pipeline) []pipeline.Preloaded {
	t.Helper()
	var all []pipeline.Preloaded
	for _, one := range p.Preloads() {
		var last pipeline.Preloaded
		done, err := one.Run(t.Context(), func(d pipeline.Preloaded) { last = d })
		if err != nil {
			t.Fatal(err)
		}
		if last.Keys != done.Keys || last.Bytes != done.Bytes {
			t.Errorf("%+v was reported, and %+v is done", last, done)
		}
		done.Bytes = 0
		all = append(all, done)
	}
	return all
}

// calls is how many calls a micro-batch takes, by stage.
func calls(t *testing.T, p *pipeline.Pipeline, events ...string) map[string]int {
	t.Helper()
	var documents []jsonenrich.Document
	for _, e := range events {
		d, err := p.Config.Decode(loaderline.Record{Value: []byte(e)})
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, d)
	}
	made := map[string]int{}
	for _, s := range p.Config.Plan.Run(t.Context(), documents).Stats() {
		made[s.Stage] = s.Calls
	}
	return made
}

// What is preloaded is what would have been loaded, and is not loaded again.
func TestPreload(t *testing.T) {
	p := open(t, "nest", preloadedUser+preloadedPurchases+reviewsStage)
	if got := p.Preloads(); len(got) != 2 || got[0].Stage != "user" || !got[0].Wait || got[1].Wait {
		t.Fatalf("%+v", got)
	}
	if diff := cmp.Diff([]pipeline.Preloaded{{Rows: 3, Keys: 3}, {Rows: 4, Keys: 2}}, preload(t, p)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"user": 0, "purchases": 0, "reviews": 1}, calls(t, p, `{"user_id":1}`, `{"user_id":3}`)); diff != "" {
		t.Error(diff)
	}
	// What the table does not have is asked for.
	if diff := cmp.Diff(map[string]int{"user": 1, "purchases": 1, "reviews": 0}, calls(t, p, `{"user_id":7}`)); diff != "" {
		t.Error(diff)
	}
	events := []string{`{"user_id":1}`, `{"user_id":2}`, `{"user_id":3}`, `{"user_id":4}`}
	unloaded := open(t, "nest", userStage+purchasesStage+reviewsStage)
	if diff := cmp.Diff(enrich(t, unloaded, events...), enrich(t, p, events...)); diff != "" {
		t.Error(diff)
	}
}

func TestPreloadIsBounded(t *testing.T) {
	p := open(t, "nest", strings.Replace(preloadedPurchases, "wait: false", "max_rows: 3", 1))
	want := pipeline.Preloaded{Rows: 3, Keys: 1, Stopped: "max_rows is reached"}
	if diff := cmp.Diff([]pipeline.Preloaded{want}, preload(t, p)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"purchases": 0}, calls(t, p, `{"user_id":1}`)); diff != "" {
		t.Error(diff)
	}
	// Rows that were cut off are no list.
	if diff := cmp.Diff(map[string]int{"purchases": 1}, calls(t, p, `{"user_id":3}`)); diff != "" {
		t.Error(diff)
	}
}

func TestPreloadEndsWhenTheCacheIsFull(t *testing.T) {
	path := shopFile(t)
	alter(t, path, "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO users SELECT i, 'user ' || i, NULL FROM n")
	p := openAt(t, path, preloadedUser+"\ncache: {memory: 1MiB}")
	got := preload(t, p)[0]
	if got.Stopped != "the cache is full" || got.Keys < 500 || got.Keys > 2500 {
		t.Errorf("%+v", got)
	}
	if s := p.CacheStats(); s.Evictions+s.Rejected > 0 || s.Bytes > s.MaxBytes {
		t.Errorf("%+v", s)
	}
}

// Rows that no lookup would answer so are not cached.
func TestPreloadLeavesOutWhatNoLookupWouldAnswer(t *testing.T) {
	path := shopFile(t)
	alter(t, path, "CREATE TABLE twice (id INTEGER, name TEXT)", "INSERT INTO twice VALUES (1, 'a'), (2, 'b'), (1, 'c')")
	for _, c := range []struct{ name, stages, why string }{
		{
			"two rows", strings.Replace(preloadedUser, `preload: {query: "SELECT id, name FROM users"`, `preload: {query: "SELECT id, name FROM twice ORDER BY id"`, 1),
			"there are several rows for one key: many: true makes a list of them",
		},
		{
			"two rows apart", strings.Replace(preloadedUser, `preload: {query: "SELECT id, name FROM users"`, `preload: {query: "SELECT id, name FROM twice"`, 1),
			"the rows of one key do not stand together: ORDER BY the key",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := openAt(t, path, c.stages)
			got := preload(t, p)[0]
			if got.LeftOut != 1 || got.Why == nil || got.Why.Error() != c.why {
				t.Errorf("%+v", got)
			}
			if diff := cmp.Diff(map[string]int{"user": 1}, calls(t, p, `{"user_id":1}`)); diff != "" {
				t.Error(diff)
			}
			want := `{"event":{"user_id":1},"user":{"id":1,"name":"Ada"}}`
			if got := enrich(t, p, `{"user_id":1}`)[0]; got != want {
				t.Error(got)
			}
		})
	}
}

// A tier that is far away is not asked to forget each of many keys alone.
func TestPreloadForgetsInBulk(t *testing.T) {
	path := shopFile(t)
	alter(t, path, "CREATE TABLE twice (id INTEGER, name TEXT)",
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) INSERT INTO twice SELECT i, 'a' FROM n UNION ALL SELECT i, 'b' FROM n")
	p := openAt(t, path, strings.Replace(preloadedUser, "FROM users\"}", "FROM twice ORDER BY id\"}", 1))
	if got := preload(t, p)[0]; got.LeftOut != 2500 {
		t.Errorf("%+v", got)
	}
	if got := p.CacheStats().Invalidations; got != 3 {
		t.Errorf("%d invalidations", got)
	}
}

func TestPreloadEndsWithItsContext(t *testing.T) {
	p := open(t, "nest", preloadedUser)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Preloads()[0].Run(ctx, func(pipeline.Preloaded) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// A table that has gone is no reason to try again.
func TestPreloadFails(t *testing.T) {
	path := shopFile(t)
	alter(t, path, "CREATE TABLE gone (id INTEGER, name TEXT)")
	p := openAt(t, path, strings.Replace(preloadedUser, "FROM users\"}", "FROM gone\"}", 1))
	alter(t, path, "DROP TABLE gone")
	_, err := p.Preloads()[0].Run(t.Context(), func(pipeline.Preloaded) {})
	if err == nil || !strings.Contains(err.Error(), "no such table: gone") {
		t.Errorf("%v", err)
	}
}

func TestWrongPreloadsAreFoundAtStart(t *testing.T) {
	for _, c := range []struct{ query, want string }{
		{"SELECT id, name FROM customers", "stages.user.preload.query: stage user: no such table: customers"},
		{"SELECT name, id FROM users", "stages.user.preload.query: stage user: the columns are name, id, and those of the stage's query id, name: select the same, in the same order"},
	} {
		l, err := layout("nest", shopFile(t), strings.Replace(preloadedUser, "SELECT id, name FROM users\"}", c.query+"\"}", 1))
		if err != nil {
			t.Fatal(err)
		}
		_, err = pipeline.Open(t.Context(), l, pipeline.Options{})
		if _, ok := errors.AsType[*strictyaml.Error](err); !ok || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v", err)
		}
	}
}

// alter writes to a database.
func alter(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatal(fmt.Errorf("%s: %w", s, err))
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// openAt opens a pipeline over a database that is there.
func openAt(t *testing.T, path, stages string) *pipeline.Pipeline {
	t.Helper()
	l, err := layout("nest", path, stages)
	if err != nil {
		t.Fatal(err)
	}
	return openLayout(t, l)
}

// A database that cannot be read is tried again for as long as the retries go, and a later run may do it.
func TestPreloadTriesAgain(t *testing.T) {
	path := shopFile(t)
	p := openAt(t, "file:"+path+"?_pragma=busy_timeout(1)", preloadedUser+"\nretry: {initial: 1ms, max: 5ms, max_elapsed: 50ms}")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(t.Context(), "BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Preloads()[0].Run(t.Context(), func(pipeline.Preloaded) {}); stages.ClassOf(err) != stages.Transient || err == nil {
		t.Errorf("%v", err)
	}
	ended := make(chan error)
	go func() {
		_, err := db.ExecContext(t.Context(), "COMMIT")
		ended <- err
	}()
	if done, err := p.Preloads()[0].Run(t.Context(), func(pipeline.Preloaded) {}); err != nil || done.Keys != 3 {
		t.Errorf("%+v, %v", done, err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
