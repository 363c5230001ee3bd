package runtime_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/runtime"
)

const file = `
kafka: {brokers: ["127.0.0.1:1"]}
input: {topics: [events], group: enrich}
sources: {shop: {sql: {driver: sqlite, dsn: shop.db}}}
stages: {user: {source: shop, by: event.user_id, query: "SELECT id FROM users WHERE id IN ($keys)", key: id}}
output: {topic: enriched}
dead_letter: {topic: dead}
`

func start(t *testing.T, listen string) (*runtime.Run, error) {
	t.Helper()
	parsed, err := pipelinefile.Parse("pipeline.yaml", []byte(file), pipelinefile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return runtime.Start(t.Context(), runtime.Config{File: parsed, Instance: "one", Listen: listen})
}

// The server runs before anything else, and only one run has an address.
func TestStart(t *testing.T) {
	r, err := start(t, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	for path, want := range map[string]string{
		"/healthz": "ok",
		"/readyz":  "waiting for the sources to be reached",
		"/metrics": `loaderline_records_total{outcome="enriched",pipeline="enrich"} 0`,
	} {
		if got := get(t, "http://"+r.Addr()+path); !strings.Contains(got, want) {
			t.Errorf("%s has no %q:\n%s", path, want, got)
		}
	}
	if _, err := start(t, r.Addr()); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a second one at the same address: %v", err)
	}
}

func TestStartWithoutHTTP(t *testing.T) {
	r, err := start(t, "")
	if err != nil {
		t.Fatal(err)
	}
	if r.Addr() != "" {
		t.Errorf("it listens at %s", r.Addr())
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return string(body)
}
