package httplookup_test

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/httplookup"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/testenv"
)

func TestConnectionsThatBreak(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"before the answer": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"in the answer": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			says(`[{"id":"canarykey"}`)(w, r)
		},
		"in chunks": func(w http.ResponseWriter, r *http.Request) {
			says(`[{"id":"canarykey"}]`)(w, r)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
	} {
		if e := fails(t, asking(t, httplookup.Query{}, handler), stages.Transient, ""); !strings.Contains(e.Error(), "connection to the service was lost") {
			t.Errorf("%s: %v", name, e)
		}
	}
}

func TestConnectionsServeAgain(t *testing.T) {
	t.Parallel()
	var conns atomic.Int32
	statuses := []int{200, 429, 503, 400, 200}
	var n atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		status := statuses[int(n.Add(1)-1)%len(statuses)]
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "[]")
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			conns.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	l := prepare(t, open(t, httplookup.Config{URL: s.URL}), httplookup.Query{})
	for range 2 * len(statuses) {
		_ = l.Load(t.Context(), stages.NewBatch[lookup.Key, []byte]([]lookup.Key{"1"})) // Most of them fail.
	}
	if got := conns.Load(); got != 1 {
		t.Errorf("%d connections for calls one after another", got)
	}
}

func TestPoolIsBounded(t *testing.T) {
	t.Parallel()
	var now, tooMany atomic.Int32
	entered := make(chan struct{}, 10)
	leave := make(chan struct{})
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if now.Add(1) > 2 {
			tooMany.Add(1)
		}
		entered <- struct{}{}
		<-leave
		now.Add(-1)
		says("[]")(w, r)
	})
	l := prepare(t, open(t, httplookup.Config{URL: url, Pool: 2}), httplookup.Query{})
	done := make(chan error, 6)
	for range cap(done) {
		go func() { done <- l.Load(t.Context(), stages.NewBatch[lookup.Key, []byte]([]lookup.Key{"1"})) }()
	}
	<-entered
	<-entered
	close(leave)
	for range cap(done) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := tooMany.Load(); n > 0 {
		t.Errorf("%d calls came while two were under way", n)
	}
}

func TestErrorsOfConnecting(t *testing.T) {
	t.Parallel()
	free, err := testenv.FreeAddresses(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	refused := "http://" + free[0] // nobody listens there
	plain := serve(t, says("[]"))
	secure := httptest.NewUnstartedServer(says(`[{"id":"a"}]`))
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	for _, tc := range []struct{ url, want string }{
		{refused, "cannot connect to the service: connection refused"},
		{strings.Replace(plain, "http:", "https:", 1), "cannot connect to the service: it does not speak TLS"},
		{secure.URL, "cannot connect to the service: its certificate is not trusted"},
	} {
		client := open(t, httplookup.Config{URL: tc.url, Header: map[string]lookup.Secret{"Authorization": "Bearer canary"}})
		if e := fails(t, prepare(t, client, httplookup.Query{}), stages.Transient, ""); e.Error() != tc.want {
			t.Errorf("%s: %v, want %s", tc.url, e, tc.want)
		}
		if err := client.Ping(t.Context()); err == nil || !strings.HasPrefix(err.Error(), tc.url) || strings.Contains(err.Error(), "canary") {
			t.Errorf("Ping of %s: %v, want an error that names it", tc.url, err)
		}
	}
	trusting := secure.Client().Transport.(*http.Transport).TLSClientConfig
	client := open(t, httplookup.Config{URL: secure.URL, TLS: trusting})
	if got := outcome(load(t, prepare(t, client, httplookup.Query{}), `"a"`).Result(0)); got != `{"id":"a"}` {
		t.Errorf("over TLS: %s", got)
	}
	if err := client.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}
