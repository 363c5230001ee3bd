package admin_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loaderline/loaderline/internal/admin"
	"github.com/loaderline/loaderline/internal/invalidation"
)

// counting is a pipeline that counts the commands that come through.
func counting(t *testing.T, listen string) (server *admin.Server, commands *atomic.Int64) {
	t.Helper()
	commands = &atomic.Int64{}
	return serve(t, admin.Config{Listen: listen, Token: secret, Pipeline: pipeline, Invalidate: func(context.Context, invalidation.Command) (string, error) {
		commands.Add(1)
		return admin.ThisInstance, nil
	}}), commands
}

// A command of many keys has several parts, each with its own proof.
func TestCommandWithProof(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{"127.0.0.1:0", ":0"} {
		server, commands := counting(t, listen)
		command := invalidation.Command{Stage: "user"}
		for range 3 {
			command.Keys = append(command.Keys, jsontext.Value(`"`+strings.Repeat("k", 200_000)+`"`))
		}
		want := int64(len(command.Split()))
		if err := admin.AskToInvalidate(t.Context(), admin.Target{Listen: server.Addr(), Pipeline: pipeline, Token: secret}, command); err != nil || commands.Load() != want || want < 2 {
			t.Errorf("at %s: %v, %d of %d parts", listen, err, commands.Load(), want)
		}
	}
}

func TestNoCommandWithoutTheToken(t *testing.T) {
	t.Parallel()
	server, commands := counting(t, "127.0.0.1:0")
	for _, target := range []admin.Target{
		{Listen: server.Addr(), Pipeline: pipeline, Token: "wrong"},
		{Listen: server.Addr(), Pipeline: pipeline},
		{Listen: server.Addr(), Pipeline: "another", Token: secret},
	} {
		err := admin.AskToInvalidate(t.Context(), target, invalidation.Command{Stage: "user", All: true})
		if _, is := errors.AsType[*admin.UnprovenError](err); !is || commands.Load() > 0 {
			t.Errorf("%v, %d commands came through", err, commands.Load())
		}
	}
}

// A program between the two can neither change a command nor send it again.
func TestProofIsOfOneRequest(t *testing.T) {
	t.Parallel()
	server, commands := counting(t, "127.0.0.1:0")
	for name, change := range map[string]func(*http.Request){
		"another body": func(r *http.Request) {
			body := `{"stage":"user","all":true}`
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		},
		"another path": func(r *http.Request) { r.URL.RawQuery = "x=1" },
	} {
		before := commands.Load()
		listen, _ := squat(t, (&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
			if r.Out.Method == http.MethodPost {
				change(r.Out)
			}
			r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = "http", server.Addr(), "localhost"
		}}).ServeHTTP)
		err := admin.AskToInvalidate(t.Context(), admin.Target{Listen: listen, Pipeline: pipeline, Token: secret}, invalidation.Command{Stage: "user", Keys: []jsontext.Value{jsontext.Value("1")}})
		if err == nil || commands.Load() != before {
			t.Errorf("%s: %v, and the command came through", name, err)
		}
	}
	var sent []byte
	listen, _ := squat(t, (&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = "http", server.Addr(), "localhost"
		if r.Out.Method == http.MethodPost {
			sent, _ = httputil.DumpRequestOut(r.Out, true)
		}
	}}).ServeHTTP)
	before := commands.Load()
	if err := admin.AskToInvalidate(t.Context(), admin.Target{Listen: listen, Pipeline: pipeline, Token: secret}, invalidation.Command{Stage: "user", All: true}); err != nil || commands.Load() != before+1 {
		t.Fatalf("%v, %d commands", err, commands.Load())
	}
	again, err := net.Dial("tcp", server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = again.Close() }) // The test has ended.
	if _, err := again.Write(sent); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(again), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil || response.StatusCode != http.StatusUnauthorized || commands.Load() != before+1 {
		t.Errorf("sent again: %s, %v, %d commands", response.Status, err, commands.Load())
	}
}

func TestProofEnds(t *testing.T) {
	t.Parallel()
	local := func(method, path, body, from string) *http.Request {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.RemoteAddr = from
		return r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 8080}))
	}
	for name, test := range map[string]struct {
		from   string
		after  time.Duration
		status int
		want   bool
	}{
		"at once, from loopback":      {from: "127.0.0.1:5", status: 200, want: true},
		"from this machine's address": {from: "192.0.2.7:5", status: 200, want: true},
		"from another machine":        {from: "192.0.2.8:5", status: 403},
		"just before its end":         {from: "127.0.0.1:5", after: 30*time.Second - 1, status: 200, want: true},
		"at its end":                  {from: "127.0.0.1:5", after: 30 * time.Second, status: 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				proofs, proved := admin.NewProver(secret, pipeline)
				w, r := httptest.NewRecorder(), local(http.MethodGet, "/api/proof", "", test.from)
				r.Header.Set("Loaderline-Challenge", strings.Repeat("c", 26))
				proofs.ServeHTTP(w, r)
				if w.Code != test.status {
					t.Fatalf("%d %s", w.Code, w.Body)
				}
				var said struct{ Nonce string }
				if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil {
					t.Fatal(err)
				}
				time.Sleep(test.after)
				r = local(http.MethodPost, "/api/invalidate", "body", test.from)
				r.Header.Set("Authorization", "Loaderline-Proof "+said.Nonce+" "+admin.RequestProof(secret, pipeline, said.Nonce, r, []byte("body")))
				if got := proved(r); got != test.want {
					t.Errorf("proved: %t, want %t", got, test.want)
				}
				if body, err := io.ReadAll(r.Body); test.want && (err != nil || !bytes.Equal(body, []byte("body"))) {
					t.Errorf("the body is %q, %v", body, err)
				}
			})
		})
	}
}

func TestHostOfListen(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]int{"host.example:8080": 200, "HOST.example": 200, "localhost": 200, "[::1]:8080": 200, "other.example": 403, "": 403} {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody)
		r.Host = host
		admin.Named("host.example:8080", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })).ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: %d, want %d", host, w.Code, want)
		}
	}
}
