package admin_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/admin"
)

// serve serves until the test ends. The metrics are the text "metrics".
func serve(t *testing.T, cfg admin.Config) *admin.Server {
	t.Helper()
	if cfg.Metrics == nil {
		cfg.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "metrics") })
	}
	if cfg.Health == nil {
		cfg.Health = admin.NewHealth(func() []loaderline.WorkerStatus { return nil })
	}
	server, err := admin.Listen(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return server
}

type answer struct {
	status int
	body   string
	header http.Header
}

func ask(t *testing.T, server *admin.Server, method, path, host string, header http.Header) answer {
	t.Helper()
	_, port, err := net.SplitHostPort(server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, "http://127.0.0.1:"+port+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	maps.Copy(request.Header, header)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, string(body), response.Header}
}

func TestServer(t *testing.T) {
	t.Parallel()
	const anywhere, loopback = ":0", "127.0.0.1:0"
	bearer := func(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }
	for name, test := range map[string]struct {
		listen, token      string
		method, path, host string
		header             http.Header
		status             int
		body               string
	}{
		"metrics":                        {listen: loopback, path: "/metrics", status: 200, body: "metrics"},
		"head":                           {listen: loopback, method: "HEAD", path: "/metrics", status: 200},
		"healthy":                        {listen: loopback, path: "/healthz", status: 200, body: "ok\n"},
		"not ready":                      {listen: loopback, path: "/readyz", status: 503, body: "waiting for the sources to be reached\n"},
		"metrics by name":                {listen: anywhere, path: "/metrics", host: "pipeline.example", status: 200, body: "metrics"},
		"metrics of a rebound name":      {listen: loopback, path: "/metrics", host: "evil.example:8080", status: 403, body: "this server answers to localhost only\n"},
		"probes take any host":           {listen: loopback, path: "/healthz", host: "pipeline.example", status: 200, body: "ok\n"},
		"probes take no token":           {listen: anywhere, token: "t", path: "/healthz", status: 200, body: "ok\n"},
		"no other method":                {listen: loopback, method: "POST", path: "/metrics", status: 405, body: "only GET and HEAD\n"},
		"no other method with the token": {listen: anywhere, token: "t", header: bearer("t"), method: "DELETE", path: "/readyz", status: 405, body: "only GET and HEAD\n"},
		"no proof without a token":       {listen: loopback, path: "/api/proof", host: "localhost", status: 403, body: `{"error":"http.token is not set"}` + "\n"},
		"no proof of nothing":            {listen: loopback, token: "t", path: "/api/proof", host: "localhost", status: 400, body: `{"error":"the header Loaderline-Challenge has to be random text of 26 to 128 bytes"}` + "\n"},
		"no proof for a rebound name":    {listen: anywhere, token: "t", path: "/api/proof", host: "evil.example", header: http.Header{"Loaderline-Challenge": {strings.Repeat("c", 26)}}, status: 403, body: "this server answers to localhost only\n"},
		"a proof is no token":            {listen: anywhere, token: "t", header: http.Header{"Authorization": {"Loaderline-Proof 1.x.y z"}}, path: "/", status: 401, body: "this needs the token: Authorization: Bearer TOKEN\n"},
		"no profiles":                    {listen: loopback, path: "/debug/pprof/", host: "localhost", status: 404, body: "404 page not found\n"},
		"this machine":                   {listen: loopback, path: "/", host: "localhost:8080", status: 404, body: "404 page not found\n"},
		"this machine by IPv6":           {listen: loopback, path: "/", host: "[::1]:8080", status: 404, body: "404 page not found\n"},
		"a name that was rebound":        {listen: loopback, path: "/", host: "evil.example:8080", status: 403, body: "this server answers to localhost only\n"},
		"a name that begins right":       {listen: loopback, path: "/", host: "127.0.0.1.evil.example", status: 403, body: "this server answers to localhost only\n"},
		"no token is set":                {listen: anywhere, path: "/", status: 403, body: "not allowed from other machines: http.token is not set\n"},
		"an empty token is none":         {listen: anywhere, header: bearer(""), path: "/", status: 403, body: "not allowed from other machines: http.token is not set\n"},
		"no token is given":              {listen: anywhere, token: "t", path: "/", status: 401, body: "this needs the token: Authorization: Bearer TOKEN\n"},
		"the wrong token":                {listen: anywhere, token: "t", header: bearer("tt"), path: "/", status: 401, body: "this needs the token: Authorization: Bearer TOKEN\n"},
		"the token":                      {listen: anywhere, token: "t", header: bearer("t"), path: "/", status: 404, body: "404 page not found\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, admin.Config{Listen: test.listen, Token: test.token})
			got := ask(t, server, test.method, test.path, test.host, test.header)
			if got.status != test.status || got.body != test.body {
				t.Errorf("answer %d %q; want %d %q", got.status, got.body, test.status, test.body)
			}
			if got.header.Get("Cache-Control") != "no-store" || got.header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("headers %v", got.header)
			}
		})
	}
}

func TestListenTakesNoAddressTwice(t *testing.T) {
	t.Parallel()
	server := serve(t, admin.Config{Listen: "127.0.0.1:0"})
	_, err := admin.Listen(t.Context(), admin.Config{Listen: server.Addr()})
	if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), server.Addr()) {
		t.Errorf("Listen = %v; want an error that the address is taken, and which", err)
	}
}

func TestHeadersAreBounded(t *testing.T) {
	t.Parallel()
	server := serve(t, admin.Config{Listen: "127.0.0.1:0"})
	got := ask(t, server, "GET", "/healthz", "", http.Header{"X-Large": {strings.Repeat("x", 64<<10)}})
	if got.status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d; want 431", got.status)
	}
}

// What is being answered when the server is stopped is answered; who does not read is not waited for.
func TestServeEndsGracefully(t *testing.T) {
	t.Parallel()
	asked, release := make(chan struct{}), make(chan struct{})
	slow := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(asked)
		<-release
		_, _ = io.WriteString(w, "late")
	})
	server, err := admin.Listen(t.Context(), admin.Config{
		Listen: "127.0.0.1:0", Metrics: slow, Health: admin.NewHealth(func() []loaderline.WorkerStatus { return nil }),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx) }()
	answered := make(chan answer, 1)
	go func() { answered <- ask(t, server, "GET", "/metrics", "", nil) }()
	<-asked
	idle, err := net.Dial("tcp", server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = idle.Close() }) // The server has closed it already.
	cancel()
	close(release)
	if got := <-answered; got.body != "late" {
		t.Errorf("answer %q; want late", got.body)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Error("the server does not end")
	}
}
