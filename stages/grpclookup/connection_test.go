package grpclookup_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"

	"github.com/loaderline/loaderline/internal/grpctest"
	"github.com/loaderline/loaderline/internal/guardedhttp"
	"github.com/loaderline/loaderline/internal/tlsfiles/tlsfilestest"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/grpclookup"
	"github.com/loaderline/loaderline/stages/lookup"
)

func TestWrongConfigurations(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		cfg  grpclookup.Config
		want string
	}{
		{grpclookup.Config{}, "grpc: there is no address: it says where the service is, as host:port"},
		{grpclookup.Config{Address: "https://user:canary@host:1/"}, "grpc: the address is not host:port"},
		{grpclookup.Config{Address: "host"}, "grpc: the address is not host:port"},
		{grpclookup.Config{Address: "169.254.169.254:80"}, "grpc: the address 169.254.169.254 is link-local or a metadata service: it is never asked"},
		{grpclookup.Config{Address: "host:1", Metadata: map[string]lookup.Secret{"a b": "canary"}}, `grpc: "a b" is not a name of metadata: it has lower-case letters, digits, dots, - and _`},
		{grpclookup.Config{Address: "host:1", Metadata: map[string]lookup.Secret{"grpc-timeout": "canary"}}, "grpc: the metadata grpc-timeout cannot be set: it belongs to the connection"},
		{grpclookup.Config{Address: "host:1", Metadata: map[string]lookup.Secret{"x-bin": "canary"}}, "grpc: the metadata x-bin cannot be set: it is binary, and values are text"},
		{grpclookup.Config{Address: "host:1", Metadata: map[string]lookup.Secret{"x": "canary\n"}}, "grpc: the metadata x holds a character that is not printable ASCII, such as the end of a line"},
	} {
		if _, err := grpclookup.Open(t.Context(), tc.cfg); err == nil || err.Error() != tc.want {
			t.Errorf("%v, want %s", err, tc.want)
		}
	}
	cfg := grpclookup.Config{Address: "host:1", Metadata: map[string]lookup.Secret{"authorization": "canary"}}
	if text := fmt.Sprintf("%v %+v %#v", cfg, cfg, cfg); strings.Contains(text, "canary") {
		t.Error(text)
	}
}

func TestMetadataIsSent(t *testing.T) {
	t.Parallel()
	var seen atomic.Pointer[metadata.MD]
	h := func(ctx context.Context, _ []byte) (string, error) {
		md, _ := metadata.FromIncomingContext(ctx)
		seen.Store(&md)
		return `{"data": {}}`, nil
	}
	c := open(t, grpclookup.Config{
		Address: grpctest.Listen(t, newServer(t, h)), Files: catalog(t), Metadata: map[string]lookup.Secret{"Authorization": "Bearer canary", "x-tenant": "a"},
	})
	load(t, prepare(t, c, products()), "1")
	md := *seen.Load()
	for name, want := range map[string]string{"authorization": "Bearer canary", "x-tenant": "a"} {
		if got := md.Get(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	if agent := md.Get("user-agent"); len(agent) != 1 || !strings.HasPrefix(agent[0], "loaderline ") {
		t.Errorf("the user agent is %q", agent)
	}
}

// closed is an address that nobody listens on.
func closed(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return listener.Addr().String()
}

func TestServicesThatAreNotThere(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, address, want string }{
		{"nobody listens", closed(t), "cannot connect to the service: connection refused"},
		{"an unknown host", "service.invalid:443", "cannot connect to the service: the host's address cannot be looked up"},
	} {
		c := open(t, grpclookup.Config{Address: tc.address, Files: catalog(t)})
		if err := fails(t, prepare(t, c, products()), stages.Transient, ""); err.Error() != tc.want {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.want)
		}
		if err := c.Ping(t.Context()); err == nil || err.Error() != tc.address+": "+tc.want {
			t.Errorf("%s: Ping: %v", tc.name, err)
		}
	}
}

func TestBlockedAddressesAreNotDialled(t *testing.T) {
	t.Parallel()
	c := open(t, grpclookup.Config{Address: "localhost:1", Files: catalog(t)})
	if err := grpclookup.Dial(t.Context(), c, "169.254.169.254:80"); !errors.Is(err, guardedhttp.ErrBlocked) {
		t.Errorf("%v", err)
	}
}

// A service that comes back is reached soon.
func TestServicesThatComeBack(t *testing.T) {
	t.Parallel()
	s := newServer(t, says(`{"data": {"items": [{"id": 1, "name": "a"}]}}`))
	address := grpctest.Listen(t, s)
	q := products()
	q.Value = "name"
	c := open(t, grpclookup.Config{Address: address, Files: catalog(t)})
	l := prepare(t, c, q)
	load(t, l, "1")
	s.Stop()
	_ = fails(t, l, stages.Transient, "")
	if err := c.Ping(t.Context()); err == nil {
		t.Error("Ping reaches a service that has stopped")
	}
	again := newServer(t, says(`{"data": {"items": [{"id": 1, "name": "a"}]}}`))
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- again.Serve(listener) }()
	t.Cleanup(func() {
		again.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	loader := stages.NewLoader(l, stages.LoaderConfig[lookup.Key, []byte]{Backend: stages.NewBackend(stages.BackendConfig{Ping: c.Ping})})
	if r := loader.Load(t.Context(), "1")["1"]; outcome(r) != `"a"` {
		t.Errorf("%s (%v)", outcome(r), r.Err)
	}
}

// certificates are configurations of a server and of a client, which know each other.
func certificates(t *testing.T) (serving, trusting *tls.Config) {
	t.Helper()
	authority := tlsfilestest.New(t, "authority")
	pair, err := tls.X509KeyPair(authority.Issue(time.Now().Add(time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority.PEM())
	return authority.Server(authority), &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	serving, trusting := certificates(t)
	address := grpctest.Listen(t, newServer(t, says(`{"data": {}}`), grpc.Creds(credentials.NewTLS(serving))))
	plain := grpctest.Listen(t, newServer(t, says(`{"data": {}}`)))
	for _, tc := range []struct {
		name, address string
		cfg           *tls.Config
		want          string
	}{
		{"trusted", address, trusting, ""},
		{"not trusted", address, &tls.Config{MinVersion: tls.VersionTLS12}, "cannot connect to the service: its certificate is not trusted"},
		{"without TLS", address, nil, "cannot connect to the service: it does not speak HTTP/2, or it wants TLS"},
		{"a service without TLS", plain, trusting, "cannot connect to the service: it does not speak TLS"},
	} {
		for _, renewed := range []bool{false, true} {
			cfg := grpclookup.Config{Address: tc.address, TLS: tc.cfg, Files: catalog(t)}
			if renewed && tc.cfg != nil {
				cfg.TLS, cfg.RenewTLS = nil, func() *tls.Config { return tc.cfg }
			}
			l := prepare(t, open(t, cfg), products())
			if tc.want == "" {
				load(t, l, "1")
				continue
			}
			if err := fails(t, l, stages.Transient, ""); err.Error() != tc.want {
				t.Errorf("%s: %v, want %s", tc.name, err, tc.want)
			}
		}
	}
}

// Each connection has the configuration of its time.
func TestRenewedCertificates(t *testing.T) {
	t.Parallel()
	serving, trusting := certificates(t)
	address := grpctest.Listen(t, newServer(t, says(`{"data": {}}`), grpc.Creds(credentials.NewTLS(serving))))
	var trusted atomic.Bool
	c := open(t, grpclookup.Config{Address: address, Files: catalog(t), RenewTLS: func() *tls.Config {
		if trusted.Load() {
			return trusting
		}
		return &tls.Config{MinVersion: tls.VersionTLS12}
	}})
	l := prepare(t, c, products())
	_ = fails(t, l, stages.Transient, "")
	trusted.Store(true)
	loader := stages.NewLoader(l, stages.LoaderConfig[lookup.Key, []byte]{})
	if r := loader.Load(t.Context(), "1")["1"]; r.State != stages.Missing || r.Err != nil {
		t.Errorf("%v: %v", r.State, r.Err)
	}
}
