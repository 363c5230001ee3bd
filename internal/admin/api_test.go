package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/admin"
	"github.com/loaderline/loaderline/internal/invalidation"
)

// post sends a command with the token t and as JSON, unless headers say otherwise.
func post(t *testing.T, server *admin.Server, host, body string, headers map[string]string) answer {
	t.Helper()
	_, port, err := net.SplitHostPort(server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:"+port+"/api/invalidate", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	request.Header.Set("Authorization", "Bearer t")
	request.Header.Set("Content-Type", "application/json")
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, strings.TrimSpace(string(text)), response.Header}
}

func TestInvalidate(t *testing.T) {
	t.Parallel()
	const user = `{"stage":"user","keys":[1,"x"]}`
	failure := func(err error) admin.Invalidate {
		return func(context.Context, invalidation.Command) (string, error) { return "", err }
	}
	scope := func(scope string) admin.Invalidate {
		return func(context.Context, invalidation.Command) (string, error) { return scope, nil }
	}
	for name, test := range map[string]struct {
		noToken    bool
		host, body string
		headers    map[string]string
		do         admin.Invalidate
		status     int
		want       string
	}{
		"here":              {body: user, do: scope(admin.ThisInstance), status: 200, want: `{"stage":"user","keys":2,"all":false,"scope":"this instance"}`},
		"everywhere":        {body: `{"stage":"user","all":true}`, do: scope(admin.AllInstances), status: 202, want: `{"stage":"user","keys":0,"all":true,"scope":"all instances"}`},
		"an unknown stage":  {body: user, do: failure(&invalidation.UnknownStageError{Stage: "user", Stages: []string{"a", "b"}}), status: 404, want: `{"error":"there is no cached stage \"user\"; the cached stages are: a, b"}`},
		"a wrong key":       {body: user, do: failure(&invalidation.KeyError{Key: 1, Err: errors.New("it is odd")}), status: 400, want: `{"error":"keys[1]: it is odd"}`},
		"at the start":      {body: user, do: failure(admin.ErrStarting), status: 503, want: `{"error":"the pipeline is starting: try again"}`},
		"at the end":        {body: user, do: failure(admin.ErrEnding), status: 503, want: `{"error":"the pipeline is ending: try again when it runs"}`},
		"no command":        {body: `{"stage":"user","key":1}`, status: 400, want: `{"error":"it does not take \"key\"; write {\"stage\": \"user\", \"keys\": [1, 2]}"}`},
		"nothing":           {body: ``, status: 400, want: `{"error":"it is not JSON: unexpected EOF at byte 0; write {\"stage\": \"user\", \"keys\": [1, 2]}"}`},
		"too much":          {body: `{"stage":"` + strings.Repeat("u", 1<<20), status: 413, want: `{"error":"a request has at most 1048576 bytes: send the keys in several"}`},
		"no JSON":           {body: user, headers: map[string]string{"Content-Type": "text/plain"}, status: 415, want: `{"error":"this needs Content-Type: application/json"}`},
		"no token is set":   {noToken: true, body: user, status: 403, want: `{"error":"http.token is not set: requests that change something need it"}`},
		"the wrong token":   {body: user, headers: map[string]string{"Authorization": "Bearer x"}, status: 401, want: `{"error":"this needs the token: Authorization: Bearer TOKEN"}`},
		"no token is given": {body: user, headers: map[string]string{"Authorization": ""}, status: 401, want: `{"error":"this needs the token: Authorization: Bearer TOKEN"}`},
		"a rebound name":    {host: "evil.example", body: user, status: 403, want: `this server answers to localhost only`},
		"another site":      {body: user, headers: map[string]string{"Origin": "https://evil.example"}, status: 403, want: `cross-origin request detected, and/or browser is out of date: Sec-Fetch-Site is missing, and Origin does not match Host`},
		"from a browser":    {body: user, headers: map[string]string{"Sec-Fetch-Site": "cross-site"}, status: 403, want: `cross-origin request detected from Sec-Fetch-Site header`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := admin.Config{Listen: "127.0.0.1:0", Token: "t", Invalidate: test.do}
			if test.noToken {
				cfg.Token = ""
			}
			if cfg.Invalidate == nil {
				cfg.Invalidate = func(context.Context, invalidation.Command) (string, error) {
					t.Error("the command came through")
					return "", nil
				}
			}
			got := post(t, serve(t, cfg), test.host, test.body, test.headers)
			if got.status != test.status || got.body != test.want {
				t.Errorf("answer %d %s; want %d %s", got.status, got.body, test.status, test.want)
			}
			if got.header.Get("Cache-Control") != "no-store" {
				t.Errorf("headers %v", got.header)
			}
		})
	}
}

// On other addresses than loopback the token is asked for before anything else is said.
func TestInvalidateFromElsewhere(t *testing.T) {
	t.Parallel()
	var told invalidation.Command
	server := serve(t, admin.Config{Listen: ":0", Token: "t", Invalidate: func(_ context.Context, c invalidation.Command) (string, error) {
		told = c
		return admin.ThisInstance, nil
	}})
	if got := post(t, server, "pipeline.example", `{"stage":"user","keys":[1]}`, map[string]string{"Authorization": ""}); got.status != http.StatusUnauthorized {
		t.Errorf("without the token: %d %s", got.status, got.body)
	}
	got := post(t, server, "pipeline.example", `{"stage":"user","keys":[1]}`, nil)
	if got.status != http.StatusOK {
		t.Errorf("with the token: %d %s", got.status, got.body)
	}
	if text, err := json.Marshal(told); err != nil || string(text) != `{"stage":"user","keys":[1]}` {
		t.Errorf("told %s, %v", text, err)
	}
}

func TestNoOtherMethod(t *testing.T) {
	t.Parallel()
	server := serve(t, admin.Config{Listen: "127.0.0.1:0", Token: "t", Invalidate: func(context.Context, invalidation.Command) (string, error) {
		return "", fmt.Errorf("the command came through")
	}})
	if got := ask(t, server, http.MethodGet, "/api/invalidate", "localhost", http.Header{"Authorization": {"Bearer t"}}); got.status != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d %s", got.status, got.body)
	}
}
