package pipeline_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/stages"
)

// login is an authorization server, and a service that takes its tokens and knows one user a request. Only the latest token is good.
type login struct {
	secret          atomic.Pointer[string]
	tokens, lookups atomic.Int32
	away            atomic.Bool // of the authorization server
	server          *httptest.Server
}

func newLogin(t *testing.T, secret string) *login {
	t.Helper()
	l := &login{}
	l.secret.Store(&secret)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		id, secret, _ := r.BasicAuth()
		w.Header().Set("Content-Type", "application/json")
		switch {
		case l.away.Load():
			w.WriteHeader(http.StatusServiceUnavailable)
		case id != "loaderline" || secret != *l.secret.Load():
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = fmt.Fprint(w, `{"error": "invalid_client", "error_description": "canary"}`)
		case r.FormValue("audience") != "users" || r.FormValue("scope") != "users.read":
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprint(w, `{"error": "invalid_scope"}`)
		default:
			_, _ = fmt.Fprintf(w, `{"access_token": "canary-%d", "token_type": "Bearer", "expires_in": 3600}`, l.tokens.Add(1))
		}
	})
	mux.HandleFunc("GET /v2/users/{id}", func(w http.ResponseWriter, r *http.Request) {
		l.lookups.Add(1)
		switch id := r.PathValue("id"); {
		case r.Header.Get("Authorization") != fmt.Sprintf("Bearer canary-%d", l.tokens.Load()):
			w.WriteHeader(http.StatusUnauthorized)
		case id == "bad":
			w.WriteHeader(http.StatusUnprocessableEntity)
		case id == "9":
			w.WriteHeader(http.StatusNotFound)
		default:
			_, _ = fmt.Fprintf(w, `{"user": {"id": %q}}`, id)
		}
	})
	l.server = httptest.NewServer(mux)
	t.Cleanup(l.server.Close)
	return l
}

func (l *login) layout(t *testing.T, secretFile string) *pipeline.Layout {
	t.Helper()
	file, err := pipelinefile.Parse("pipeline.yaml", fmt.Appendf(nil, `
kafka: {brokers: [localhost:9092]}
input: {topics: [events], group: g}
output: {topic: out}
dead_letter: {topic: dead}
retry: {max_elapsed: 0s}
sources:
  users:
    http:
      url: %[1]s/v2
      oauth: {token_url: "%[1]s/token", client_id: loaderline, client_secret: "${file:%[2]s}", scopes: [users.read], params: {audience: users}}
stages:
  user: {source: users, by: event.id, request: {one: true, path: /users/$key}, response: {value: user}}
`, l.server.URL, secretFile), pipelinefile.Options{ReadFile: os.ReadFile})
	if err != nil {
		t.Fatal(err)
	}
	layout, err := pipeline.NewLayout(file)
	if err != nil {
		t.Fatal(err)
	}
	return layout
}

func TestOneKeyARequestWithAToken(t *testing.T) {
	l := newLogin(t, "canary-old")
	secret := filepath.Join(t.TempDir(), "secret")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(secret, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("canary-old\n")
	p := openLayout(t, l.layout(t, secret))
	events := []string{`{"id":1}`, `{"id":"1"}`, `{"id":"a/b"}`, `{"id":9}`, `{"id":"bad"}`, `{"id":".."}`}
	want := []string{
		`{"event":{"id":1},"user":{"id":"1"}}`,
		`{"event":{"id":"1"},"user":{"id":"1"}}`,
		`{"event":{"id":"a/b"},"user":{"id":"a/b"}}`,
		`{"event":{"id":9},"user":null}`,
		`lookup in stage user (422): the service answered 422 Unprocessable Entity`,
		`lookup in stage user: a key that is empty, or has . or .. as a part of a path, cannot stand in a request's path`,
	}
	if diff := cmp.Diff(want, enrich(t, p, events...)); diff != "" {
		t.Error(diff)
	}
	if tokens, lookups := l.tokens.Load(), l.lookups.Load(); tokens != 1 || lookups != 4 {
		t.Errorf("%d tokens and %d requests for four keys", tokens, lookups)
	}

	// Another client makes the token invalid, and the secret has been changed.
	l.tokens.Add(1)
	changed := "canary-new"
	l.secret.Store(&changed)
	write("canary-new\n")
	if diff := cmp.Diff(want, enrich(t, p, events...)); diff != "" {
		t.Error(diff)
	}
	if tokens := l.tokens.Load(); tokens != 3 {
		t.Errorf("%d tokens were issued, want one more", tokens-1)
	}

	// Without the authorization server there is no token: that is an outage, and no key is at fault.
	l.tokens.Add(1)
	l.away.Store(true)
	if err := run(t, p, events...); !errors.Is(err, stages.ErrOutage) || strings.Contains(err.Error(), "canary") {
		t.Errorf("%v, want an outage", err)
	}
	l.away.Store(false)
	if diff := cmp.Diff(want, enrich(t, p, events...)); diff != "" {
		t.Error(diff)
	}
}

// run is the error of a run with events.
func run(t *testing.T, p *pipeline.Pipeline, events ...string) error {
	t.Helper()
	var documents []jsonenrich.Document
	for _, event := range events {
		d, err := p.Config.Decode(loaderline.Record{Value: []byte(event)})
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, d)
	}
	return p.Config.Plan.Run(t.Context(), documents).Err()
}

// A client that the authorization server refuses is said at start, without a wait.
func TestARefusedClientIsNotTriedAgain(t *testing.T) {
	l := newLogin(t, "canary-right")
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("canary-wrong"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := pipeline.Open(t.Context(), l.layout(t, secret), pipeline.Options{})
	unreachable, is := errors.AsType[*pipeline.UnreachableError](err)
	if !is || !unreachable.Permanent || !strings.Contains(err.Error(), "invalid_client: correct client_id and client_secret") || strings.Contains(err.Error(), "canary") {
		t.Errorf("%v, want a permanent error that names invalid_client", err)
	}
}
