package sqllookup_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/tlsfiles"
	"github.com/loaderline/loaderline/internal/tlsfiles/tlsfilestest"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/sqllookup"
)

// A server that only shakes hands tells which certificate a new connection has.
func TestPostgresCertificatesAreReadAgain(t *testing.T) {
	t.Parallel()
	ca := tlsfilestest.New(t, "all")
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	config := ca.Server(ca)
	serials := make(chan string, 100)
	var served sync.WaitGroup
	served.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if _, err := io.ReadFull(conn, make([]byte, 8)); err == nil { // SSLRequest.
				_, _ = io.WriteString(conn, "S")
				secure := tls.Server(conn, config)
				if secure.HandshakeContext(t.Context()) == nil {
					serials <- secure.ConnectionState().PeerCertificates[0].SerialNumber.String()
				}
			}
			_ = conn.Close()
		}
	})
	defer func() {
		_ = listener.Close()
		served.Wait()
	}()
	dir := t.TempDir()
	write := func(name string, content []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("ca.pem", ca.PEM())
	renew := func(lasts time.Duration) (serial string) {
		t.Helper()
		cert, key := ca.Issue(time.Now().Add(lasts))
		write("cert.pem", cert)
		write("key.pem", key)
		pair, err := tls.X509KeyPair(cert, key)
		if err != nil {
			t.Fatal(err)
		}
		return pair.Leaf.SerialNumber.String()
	}
	first := renew(time.Hour)
	db, err := sqllookup.Open(t.Context(), sqllookup.Config{Driver: sqllookup.Postgres, DSN: lookup.Secret("postgres://reader@" + listener.Addr().String() +
		"/shop?sslmode=verify-full&sslrootcert=" + filepath.Join(dir, "ca.pem") + "&sslcert=" + filepath.Join(dir, "cert.pem") + "&sslkey=" + filepath.Join(dir, "key.pem"))})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	expect := func(serial string) {
		t.Helper()
		for range 10 { // A connection of the last ping may be late.
			_ = db.Ping(t.Context()) // The server hangs up.
			if <-serials == serial {
				return
			}
		}
		t.Errorf("the server never saw certificate %s", serial)
	}
	expect(first)
	second := renew(time.Hour)
	expect(second)
	write("key.pem", []byte("half"))
	expect(first) // That of the start.
	renew(-time.Minute)
	for range 10 { // A connection that was opened before may be left.
		if err = db.Ping(t.Context()); stages.ClassOf(err) == stages.Fatal {
			break
		}
	}
	if _, ok := errors.AsType[*tlsfiles.EndedError](err); !ok || stages.ClassOf(err) != stages.Fatal {
		t.Errorf("with a certificate that has ended: %v", err)
	}
	third := renew(time.Hour)
	expect(third)
}
