package httplookup_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/httplookup"
	"github.com/loaderline/loaderline/stages/lookup"
)

// serve is the URL of a service of the test's own.
func serve(tb testing.TB, handler http.HandlerFunc) string {
	tb.Helper()
	s := httptest.NewServer(handler)
	tb.Cleanup(s.Close)
	return s.URL
}

// says is a handler with one answer.
func says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(body))
	}
}

func open(tb testing.TB, cfg httplookup.Config) lookup.Client[httplookup.Query] {
	tb.Helper()
	c, err := httplookup.Open(tb.Context(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := c.Close(); err != nil {
			tb.Error(err)
		}
	})
	return c
}

func prepare(tb testing.TB, c lookup.Client[httplookup.Query], q httplookup.Query) lookup.Lookup {
	tb.Helper()
	l, err := c.Lookup(tb.Context(), q)
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// asking is a lookup of a service with one handler.
func asking(tb testing.TB, q httplookup.Query, handler http.HandlerFunc) lookup.Lookup {
	tb.Helper()
	return prepare(tb, open(tb, httplookup.Config{URL: serve(tb, handler)}), q)
}

// load asks for keys and returns the batch, which no error ended.
func load(tb testing.TB, s lookupext.Source, keys ...lookup.Key) *stages.Batch[lookup.Key, []byte] {
	tb.Helper()
	b := stages.NewBatch[lookup.Key, []byte](keys)
	if err := s.Load(tb.Context(), b); err != nil {
		tb.Fatal(err)
	}
	return b
}
