package registry_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/registry"
	"github.com/loaderline/loaderline/stages"
)

// open makes a client that is closed when the test ends.
func open(t *testing.T, cfg registry.Config) *registry.Client {
	t.Helper()
	c, err := registry.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// serve serves a handler, and returns its URL.
func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.URL
}

// respond answers each request in the same way.
func respond(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// Each way in which a registry can fail has a kind, a class that says whether waiting helps, and words.
func TestFailures(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 64 {
		_, _ = z.Write(make([]byte, 1<<10))
	}
	_ = z.Close()
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		kind    error
		class   stages.Class
		want    string
	}{
		"401":             {respond(401, ""), registry.ErrUnauthorized, stages.Fatal, "answered 401 Unauthorized: no response; check registry.basic"},
		"403":             {respond(403, `{"error_code":40301,"message":"not\nyours"}`), registry.ErrUnauthorized, stages.Fatal, "403 Forbidden: not yours; check"},
		"404 of Apicurio": {respond(404, `{"error_code":0,"message":"RESTEASY003210"}`), registry.ErrWrongURL, stages.Fatal, "check the path of registry.url"},
		"404 of HTML":     {respond(404, `<html>nothing here</html>`), registry.ErrWrongURL, stages.Fatal, "check the path of registry.url"},
		"405":             {respond(405, ``), registry.ErrWrongURL, stages.Fatal, "405 Method Not Allowed"},
		"unknown ID":      {respond(404, `{"error_code":40403,"message":"no"}`), registry.ErrUnknownID, stages.Permanent, "schema ID 7: the registry has no schema of this ID"},
		"408":             {respond(408, ``), registry.ErrAway, stages.Transient, "408 Request Timeout"},
		"429":             {respond(429, ``), registry.ErrAway, stages.Transient, "429 Too Many Requests"},
		"500":             {respond(500, `{"error_code":50001,"message":"store"}`), registry.ErrAway, stages.Transient, "500 Internal Server Error: store"},
		"503":             {respond(503, ``), registry.ErrAway, stages.Transient, "503 Service Unavailable"},
		"400":             {respond(400, `{"error_code":400,"message":"bad"}`), registry.ErrInvalid, stages.Permanent, "400 Bad Request: bad"},
		"HTML":            {respond(200, `<!doctype html>`), registry.ErrWrongURL, stages.Fatal, "a page of HTML; check registry.url"},
		"broken JSON":     {respond(200, `{"schema":`), registry.ErrUnusable, stages.Unusable, "not the JSON that a registry sends"},
		"other JSON":      {respond(200, `[1]`), registry.ErrUnusable, stages.Unusable, "not the JSON that a registry sends"},
		"huge":            {respond(200, strings.Repeat(" ", 2000)), registry.ErrUnusable, stages.Unusable, "the response is too large"},
		"gzip bomb": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
		}, registry.ErrUnusable, stages.Unusable, "the response is too large"},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://login.example/in?return=x", http.StatusFound)
		}, registry.ErrWrongURL, stages.Fatal, "redirects to https://login.example; set registry.url"},
		"cut": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("{"))
		}, registry.ErrAway, stages.Transient, "the connection was lost"},
		"hang": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, registry.ErrAway, stages.Transient, "no answer in time"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := c
			timeout := 20 * time.Second
			if name == "hang" {
				timeout = 50 * time.Millisecond
			}
			client := open(t, registry.Config{URLs: []string{serve(t, c.handler)}, Username: "ada", Password: "canary", MaxResponseBytes: 1000, Timeout: timeout})
			_, err := client.Schema(t.Context(), schemaid.OfNumber(7))
			if !errors.Is(err, c.kind) || stages.ClassOf(err) != c.class || !strings.Contains(err.Error(), c.want) {
				t.Errorf("kind %v, class %d, text %v; want %v, %d, %q", errors.Is(err, c.kind), stages.ClassOf(err), err, c.kind, c.class, c.want)
			}
			if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), "canary") {
				t.Errorf("the password is in %v", err)
			}
		})
	}
}

func TestARegistryWithTooManyRequestsIsLeftAlone(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]time.Duration{http.StatusTooManyRequests: time.Second, http.StatusServiceUnavailable: 0} {
		err := open(t, registry.Config{URLs: []string{serve(t, respond(status, ""))}}).Ping(t.Context())
		var asks interface{ RetryAfter() time.Duration }
		if !errors.As(err, &asks) || asks.RetryAfter() != want {
			t.Errorf("%d: %v, want a pause of %v", status, err, want)
		}
	}
}

// A registry that is down or does not work is left for the next, and so are later requests.
func TestTheNextURLIsAsked(t *testing.T) {
	t.Parallel()
	down := httptest.NewServer(nil)
	down.Close()
	var asked int
	broken := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.WriteHeader(http.StatusBadGateway)
	})
	works := srfake.New()
	t.Cleanup(works.Close)
	client := open(t, registry.Config{URLs: []string{down.URL, broken, works.URL()}})
	for range 3 {
		if _, err := client.Register(t.Context(), "s", &registry.Schema{Type: registry.Avro, Text: `"int"`}, false); err != nil {
			t.Fatal(err)
		}
	}
	if asked != 1 {
		t.Errorf("the broken URL was asked %d times, want once", asked)
	}
	err := open(t, registry.Config{URLs: []string{down.URL, broken}}).Ping(t.Context())
	if !errors.Is(err, registry.ErrAway) || !strings.Contains(err.Error(), "connection refused; ") || !strings.Contains(err.Error(), "502 Bad Gateway") {
		t.Errorf("all are away: %v", err)
	}
	// What a registry refuses, the next would refuse too.
	err = open(t, registry.Config{URLs: []string{serve(t, respond(401, "")), works.URL()}}).Ping(t.Context())
	if !errors.Is(err, registry.ErrUnauthorized) {
		t.Errorf("unauthorized: %v", err)
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[string]registry.Config{
		"Basic YWRhOmVuZ2luZQ==": {Username: "ada", Password: "engine"},
		"Bearer ticket":          {Token: "ticket"},
		"":                       {},
	} {
		var got []string
		cfg.URLs = []string{serve(t, func(w http.ResponseWriter, r *http.Request) {
			got = append(got, r.Header.Get("Authorization"))
			_, _ = w.Write([]byte(`["AVRO"]`))
		})}
		if err := open(t, cfg).Ping(t.Context()); err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("Authorization %q, want %q, error %v", got, want, err)
		}
	}
}

func TestConfigSaysAllMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cfg  registry.Config
		want []string
	}{
		{registry.Config{}, []string{"there is no url"}},
		{registry.Config{URLs: []string{"host:8081", "ftp://host", "https://"}}, []string{"neither http:// nor https://", "no host"}},
		{registry.Config{URLs: []string{"https://ada:canary@host", "https://host?x=canary", "https://\x7fcanary"}}, []string{"holds credentials: write them as registry.basic", "a query", "cannot be read"}},
		{registry.Config{URLs: []string{"https://host"}, Username: "ada", Token: "canary"}, []string{"basic and token exclude each other"}},
		{registry.Config{URLs: []string{"https://host"}, Password: "canary"}, []string{"no username"}},
	} {
		_, err := registry.Open(c.cfg)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
				t.Errorf("error %v, want %q", err, want)
			}
		}
	}
}
