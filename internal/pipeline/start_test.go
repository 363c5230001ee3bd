package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/testenv"
)

const startFile = `
kafka: {brokers: [localhost:9092]}
input: {topics: [events], group: g}
output: {topic: out}
dead_letter: {topic: dead}
retry: {max_elapsed: 0s}
sources:
  shop: {sql: {driver: %s, dsn: "%s"}, breaker: true}
  api: {http: {url: "%s", health: /health}, breaker: true}
stages:
  user: {source: shop, by: event.user_id, query: "SELECT id FROM users WHERE id IN ($keys)", key: id, on_outage: %s}
  friend: {source: shop, by: event.user_id, query: "SELECT id FROM friends WHERE id IN ($keys)", key: id, on_outage: %s}
  score: {source: api, by: event.user_id, key: id, key_type: bigint}
`

// startWorld is a database that nobody serves, and a service that answers its health check with a status.
func startWorld(t *testing.T, driver, onOutage, other string, health int) *pipeline.Layout {
	t.Helper()
	dsn := map[string]string{"postgres": "postgres://u:p@%s/shop", "mysql": "u:p@tcp(%s)/shop"}[driver]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(health)
		_, _ = w.Write([]byte("[]")) // A client that is gone does not want to know.
	}))
	t.Cleanup(server.Close)
	free, err := testenv.FreeAddresses(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Appendf(nil, startFile, driver, fmt.Sprintf(dsn, free[0]), server.URL, onOutage, other)
	file, err := pipelinefile.Parse("pipeline.yaml", text, pipelinefile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	layout, err := pipeline.NewLayout(file)
	if err != nil {
		t.Fatal(err)
	}
	return layout
}

// All stages of a source decide whether a run waits for it. An error that waiting does not fix ends the wait for
// the others.
func TestStart(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		onOutage, other string
		health          int
		optional        bool
		fails           string // "" where it starts or waits
	}{
		"it is waited for":              {"pause", "pause", http.StatusOK, false, ""},
		"one stage waits for it":        {"degrade", "pause", http.StatusOK, false, ""},
		"it need not be there":          {"degrade", "degrade", http.StatusOK, true, ""},
		"nor for dead letters":          {"degrade", "dead_letter", http.StatusOK, true, ""},
		"another source refuses us":     {"pause", "pause", http.StatusUnauthorized, false, "api"},
		"and where it need not be here": {"degrade", "degrade", http.StatusUnauthorized, true, "api"},
	} {
		for _, driver := range []string{"postgres", "mysql"} {
			t.Run(driver+", "+name, func(t *testing.T) {
				t.Parallel()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var (
					mu   sync.Mutex
					away []pipeline.Away
				)
				p, err := pipeline.Open(ctx, startWorld(t, driver, test.onOutage, test.other, test.health), pipeline.Options{Start: &pipeline.Start{
					Wait: true,
					OnAway: func(a pipeline.Away) {
						mu.Lock()
						defer mu.Unlock()
						away = append(away, a)
						if len(away) == 3 && !test.optional && test.fails == "" {
							cancel() // It is said again and again, and would be for ever.
						}
					},
				}})
				switch unreachable, is := errors.AsType[*pipeline.UnreachableError](err); {
				case test.fails != "":
					if !is || unreachable.Source != test.fails || !unreachable.Permanent {
						t.Errorf("the error is %v", err)
					}
				case test.optional:
					startedWithoutShop(t, p, err)
				case !errors.Is(err, context.Canceled):
					t.Errorf("the error is %v", err)
				}
				for _, a := range away {
					if a.Source != "shop" || a.Optional != test.optional || a.Err == nil {
						t.Errorf("away: %+v", a)
					}
				}
			})
		}
	}
}

// startedWithoutShop closes a pipeline that was opened though the shop was not there.
func startedWithoutShop(t *testing.T, p *pipeline.Pipeline, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"shop"}, p.Absent()); diff != "" {
		t.Error(diff)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

// An absent source's stages go the way of an outage, at once and without a try.
func TestAbsentSourcesDegrade(t *testing.T) {
	t.Parallel()
	layout := startWorld(t, "postgres", "degrade", "dead_letter", http.StatusOK)
	p, err := pipeline.Open(t.Context(), layout, pipeline.Options{Start: &pipeline.Start{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	got := enrich(t, p, `{"user_id":null}`, `{"user_id":1}`)
	if want := []string{
		`{"event":{"user_id":null},"user":null,"friend":null,"score":null}`,
		"lookup in stage friend: source shop does not answer: not reachable: ",
	}; len(got) != 2 || got[0] != want[0] || !strings.HasPrefix(got[1], want[1]) {
		t.Errorf("got %q", got)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if p.AwaitAbsent(ctx, layout, func(a pipeline.Away) {
		if a.Source == "shop" && a.Optional {
			cancel()
		}
	}) {
		t.Error("a source that nobody serves is said to be there")
	}
}
