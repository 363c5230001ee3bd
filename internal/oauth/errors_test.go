package oauth_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/oauth"
)

func TestErrors(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		handler http.HandlerFunc
		refused bool
		code    string
		says    string
	}{
		{"invalid_client", answer(401, `{"error":"invalid_client","error_description":"canary"}`), true, "invalid_client", "correct client_id and client_secret"},
		{"invalid_scope", answer(400, `{"error":"invalid_scope"}`), true, "invalid_scope", "correct scopes"},
		{"an error with a status of success", answer(200, `{"error":"invalid_client"}`), true, "invalid_client", "refuses the client"},
		{"another word", answer(400, `{"error":"canary"}`), true, "400", "answered 400 Bad Request"},
		{"a word that passes", answer(400, `{"error":"temporarily_unavailable"}`), false, "400", "answered 400"},
		{"401", answer(401, "canary"), true, "401", "correct client_id"},
		{"404", answer(404, "canary"), true, "404", "correct token_url"},
		{"a redirect", answer(302, ""), true, "302", "correct token_url"},
		{"429", answer(429, `{}`), false, "429", "answered 429"},
		{"503", answer(503, `<html>canary`), false, "503", "answered 503 Service Unavailable"},
		{"HTML", answer(200, `<html>canary`), false, "", "is no token"},
		{"no token", answer(200, `{"canary":1}`), false, "", "is no token"},
		{"another type", answer(200, `{"access_token":"canary","token_type":"mac"}`), true, "", "no bearer token"},
		{"a token with a line", answer(200, `{"access_token":"can\nary"}`), false, "", "no header can hold"},
		{"a connection that breaks", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, false, "", "the connection to the token endpoint was lost"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(tc.handler)
			t.Cleanup(s.Close)
			e := failsAt(t, s.URL)
			if e.Refused() != tc.refused || e.Code() != tc.code || !strings.Contains(e.Error(), tc.says) {
				t.Errorf("refused %v, code %q: %v; want refused %v, code %q: %s", e.Refused(), e.Code(), e, tc.refused, tc.code, tc.says)
			}
			if e.RetryAfter() != map[string]time.Duration{"429": 7 * time.Second, "503": 7 * time.Second}[tc.code] {
				t.Errorf("RetryAfter is %v", e.RetryAfter())
			}
		})
	}
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	if e := failsAt(t, gone.URL); e.Refused() || e.Error() != "cannot connect to the token endpoint: connection refused" {
		t.Error(e)
	}
}

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Location", "/canary")
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// failsAt is the error of a request for a token, which shows no secret.
func failsAt(t *testing.T, url string) *oauth.Error {
	t.Helper()
	o, err := oauth.New(oauth.Config{TokenURL: url, ClientID: "client", ClientSecret: secret})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Close)
	_, err = o.Token(t.Context(), "")
	e, ok := errors.AsType[*oauth.Error](err)
	if !ok {
		t.Fatalf("%v is no *oauth.Error", err)
	}
	for _, secret := range []string{"canary", "127.0.0.1", "can\nary"} {
		if text := fmt.Sprintf("%v %+v", e, e); strings.Contains(text, secret) {
			t.Errorf("the error holds %q: %s", secret, text)
		}
	}
	return e
}

func TestASecretThatCannotBeRead(t *testing.T) {
	t.Parallel()
	o, err := oauth.New(oauth.Config{TokenURL: "http://localhost", ClientID: "client", ClientSecret: func() (string, error) { return "", errors.New("no such file") }})
	if err != nil {
		t.Fatal(err)
	}
	_, err = o.Token(t.Context(), "")
	if e, ok := errors.AsType[*oauth.Error](err); !ok || e.Refused() || !strings.Contains(e.Error(), "secret cannot be read") {
		t.Error(err)
	}
}

func TestConfigs(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		cfg  oauth.Config
		want string
	}{
		{oauth.Config{ClientID: "c"}, "token_url is not a URL"},
		{oauth.Config{TokenURL: "ftp://host/canary", ClientID: "c"}, "token_url is not a URL"},
		{oauth.Config{TokenURL: "https://canary:canary@host/", ClientID: "c"}, "without credentials"},
		{oauth.Config{TokenURL: "http://169.254.169.254/token", ClientID: "c"}, "link-local or a metadata service"},
		{oauth.Config{TokenURL: "https://host/"}, "there is no client_id"},
		{oauth.Config{TokenURL: "https://host/", ClientID: "c", Params: map[string]string{"scope": "canary"}}, "params has scope"},
	} {
		tc.cfg.ClientSecret = secret
		if _, err := oauth.New(tc.cfg); err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("New(%+v): %v, want %s", tc.cfg.TokenURL, err, tc.want)
		}
	}
}
