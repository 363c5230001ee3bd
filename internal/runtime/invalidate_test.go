package runtime_test

import (
	"database/sql"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/runtime"
)

// A cache on disk outlives the run: what it would not hear of any more is refused, never acknowledged.
func TestInvalidationWhileClosing(t *testing.T) {
	dsn := filepath.Join(t.TempDir(), "shop.db")
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), "CREATE TABLE users (id BIGINT PRIMARY KEY)")
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("shop.db", dsn, "key: id", "key: id, cache: {ttl: 1h}").Replace(file) + "http: {token: t}\n"
	parsed, err := pipelinefile.Parse("pipeline.yaml", []byte(text), pipelinefile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	layout, err := pipeline.NewLayout(parsed)
	if err != nil {
		t.Fatal(err)
	}
	open, err := pipeline.Open(t.Context(), layout, pipeline.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := open.Close(); err != nil {
			t.Error(err)
		}
	}()
	r, err := runtime.Start(t.Context(), runtime.Config{File: parsed, Instance: "one", Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	if status := invalidate(t, r); status != http.StatusServiceUnavailable {
		t.Errorf("before it is open: %d", status)
	}
	r.Opened(layout, open)
	if status := invalidate(t, r); status != http.StatusOK {
		t.Errorf("while it is open: %d", status)
	}
	r.Closing()
	if status := invalidate(t, r); status != http.StatusServiceUnavailable {
		t.Errorf("while it is closing: %d", status)
	}
}

func invalidate(t *testing.T, r *runtime.Run) (status int) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+r.Addr()+"/api/invalidate", strings.NewReader(`{"stage":"user","keys":[1]}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer t")
	request.Header.Set("Content-Type", "application/json")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode
}
