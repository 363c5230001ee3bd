package mongolookup_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/mongolookup"
	"github.com/loaderline/loaderline/testenv"
)

// server is a server of the test's own.
func server(t *testing.T, cfg testenv.MongoDBConfig) *testenv.Service {
	t.Helper()
	return testenv.Own(t, func(ctx context.Context) (*testenv.Service, error) { return testenv.StartMongoDB(ctx, cfg) })
}

func TestLogins(t *testing.T) {
	t.Parallel()
	s := server(t, testenv.MongoDBConfig{Username: "canaryuser", Password: "canary#pass"})
	as := func(credentials string) mongolookup.Config {
		return mongolookup.Config{URI: lookup.Secret(strings.Replace(s.Address(), "//", "//"+credentials, 1)), Database: "app", Timeout: 10 * time.Second}
	}
	for name, credentials := range map[string]string{"wrong password": "canaryuser:canarywrong@", "no such user": "canary:canary@"} {
		client := open(t, as(credentials))
		_ = fails(t, prepare(t, client, byName("rows")), stages.Fatal, "AuthenticationFailed")
		if err := client.Ping(t.Context()); stages.ClassOf(err) != stages.Fatal || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: Ping: %v, want a fatal error without secrets", name, err)
		}
	}
	client := open(t, as("canaryuser:canary%23pass@"))
	if err := client.Ping(t.Context()); err != nil {
		t.Errorf("with the password: Ping: %v", err)
	}
	if state := load(t, prepare(t, client, byName("rows")), `"ada"`).Result(0).State; state != stages.Missing {
		t.Errorf("with the password the key is %v, want missing", state)
	}
}

// TestMutualTLS has the client show another certificate after the first connections, without a new client.
func TestMutualTLS(t *testing.T) {
	t.Parallel()
	authority, err := testenv.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority.Certificate())
	var asked atomic.Int32
	renew := func() *tls.Config {
		asked.Add(1)
		certificate, key, err := authority.Issue("client", time.Now().Add(time.Hour))
		if err != nil {
			t.Error(err)
		}
		pair, err := tls.X509KeyPair(certificate, key)
		if err != nil {
			t.Error(err)
		}
		return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, Certificates: []tls.Certificate{pair}}
	}
	s := server(t, testenv.MongoDBConfig{Authority: authority})
	cfg := mongolookup.Config{URI: lookup.Secret(s.Address()), Database: "app", RenewTLS: renew, Timeout: 10 * time.Second}
	client := open(t, cfg)
	if state := load(t, prepare(t, client, byName("rows")), `"ada"`).Result(0).State; state != stages.Missing {
		t.Errorf("the key is %v, want missing", state)
	}
	if n := asked.Load(); n < 2 {
		t.Errorf("%d connections asked for the configuration, want that of the watcher and that of the call", n)
	}
	cfg.Timeout = 16 * time.Second // Half of it is for the search for a server.
	cfg.RenewTLS, cfg.TLS = nil, &tls.Config{MinVersion: tls.VersionTLS12}
	if e := fails(t, prepare(t, open(t, cfg), byName("rows")), stages.Transient, ""); !strings.Contains(e.Error(), "its certificate is not trusted") {
		t.Errorf("a certificate of nobody: %v", e)
	}
}

func TestPausedAndRestarted(t *testing.T) {
	t.Parallel()
	s := server(t, testenv.MongoDBConfig{})
	insert(t, writer(t, s.Address(), "app"), "rows", bson.D{{Key: "name", Value: "ada"}})
	client := open(t, mongolookup.Config{URI: lookup.Secret(s.Address()), Database: "app", Timeout: 3 * time.Second})
	l := prepare(t, client, byName("rows"))
	here := func() stages.State { t.Helper(); return load(t, l, `"ada"`).Result(0).State }
	if here() != stages.Loaded {
		t.Fatal("the key is not there")
	}
	if err := s.Pause(); err != nil {
		t.Fatal(err)
	}
	_ = fails(t, l, stages.Transient, "")
	if err := s.Resume(); err != nil {
		t.Fatal(err)
	}
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = fails(t, l, stages.Transient, "")
	if err := client.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("Ping of a dead server: %v, want an error that names it", err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for { // The driver looks at a server that was away twice a second.
		b := stages.NewBatch[lookup.Key, []byte]([]lookup.Key{`"ada"`})
		if err := l.Load(t.Context(), b); err == nil {
			if b.Result(0).State != stages.Loaded {
				t.Error("the key is gone after the restart")
			}
			return
		} else if t.Context().Err() != nil || stages.ClassOf(err) != stages.Transient {
			t.Fatal(err)
		}
	}
}
