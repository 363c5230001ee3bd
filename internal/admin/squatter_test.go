package admin_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loaderline/loaderline/internal/admin"
	"github.com/loaderline/loaderline/internal/invalidation"
)

const (
	secret   = "canary-token-1764"
	key      = "canary-key-1764"
	pipeline = "enrich"
)

// squat listens where a pipeline is expected, and records what comes in.
func squat(t *testing.T, answer http.HandlerFunc) (listen string, received func() string) {
	t.Helper()
	var mu sync.Mutex
	var all strings.Builder
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		dump, err := httputil.DumpRequest(r, true)
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		all.Write(dump)
		mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://"), func() string {
		mu.Lock()
		defer mu.Unlock()
		return all.String()
	}
}

// Another program at http.listen learns neither the token nor what was to be forgotten, whatever it returns.
func TestSquatterLearnsNothing(t *testing.T) {
	t.Parallel()
	genuine := serve(t, admin.Config{
		Listen: "127.0.0.1:0", Token: secret, Pipeline: "another", Status: func() admin.Status { return admin.Status{} },
	})
	for name, answer := range map[string]http.HandlerFunc{
		"it returns anything":       func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) },
		"it returns an empty proof": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"nonce":"n","proof":""}`)) },
		"it asks for the token": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			w.WriteHeader(http.StatusUnauthorized)
		},
		"it returns what it was sent": func(w http.ResponseWriter, r *http.Request) {
			sent := r.Header.Get("Loaderline-Challenge")
			_, _ = w.Write([]byte(`{"nonce":"` + sent + `","proof":"` + sent + `"}`))
		},
		"it sends the client elsewhere": func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/elsewhere" {
				http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
			}
		},
		"it passes the question on to another pipeline with the same token": (&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = "http", genuine.Addr(), "localhost"
		}}).ServeHTTP,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			listen, received := squat(t, answer)
			target := admin.Target{Listen: listen, Pipeline: pipeline, Token: secret}
			err := admin.AskToInvalidate(t.Context(), target, invalidation.Command{Stage: "user", Keys: []jsontext.Value{jsontext.Value(`"` + key + `"`)}})
			if err == nil || !strings.Contains(err.Error(), listen) {
				t.Errorf("AskToInvalidate = %v; want an error that names %s", err, listen)
			}
			_, _ = admin.AskStatus(t.Context(), target) // Any program may say that it is this pipeline.
			if got := received(); got == "" || strings.Contains(got, secret) || strings.Contains(got, key) || strings.Contains(got, "Authorization") {
				t.Errorf("the squatter received:\n%s", got)
			}
		})
	}
}
