package tlsfiles_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/tlsfiles"
	"github.com/loaderline/loaderline/internal/tlsfiles/tlsfilestest"
)

// server tells each client the serial number of its certificate. Its configuration can be changed.
type server struct {
	address string
	config  atomic.Pointer[tls.Config]
}

func serve(t *testing.T, config *tls.Config) *server {
	t.Helper()
	s := &server{}
	s.config.Store(config)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		MinVersion: tls.VersionTLS12, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return s.config.Load(), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	s.address = listener.Addr().String()
	var served sync.WaitGroup
	served.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			served.Go(func() {
				defer func() { _ = conn.Close() }()
				secure, ok := conn.(*tls.Conn)
				if ok && secure.Handshake() == nil {
					_, _ = io.WriteString(conn, secure.ConnectionState().PeerCertificates[0].SerialNumber.String())
				}
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		served.Wait()
	})
	return s
}

// said is what the server tells a new connection.
func (s *server) said(config *tls.Config) (string, error) {
	dialer := tls.Dialer{NetDialer: &net.Dialer{Timeout: 10 * time.Second}, Config: config}
	conn, err := dialer.Dial("tcp", s.address)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	text, err := io.ReadAll(conn)
	return string(text), err
}

type folder struct {
	t   *testing.T
	dir string
}

func (f folder) path(name string) string { return filepath.Join(f.dir, name) }

func (f folder) write(name string, content []byte) {
	f.t.Helper()
	if err := os.WriteFile(f.path(name), content, 0o600); err != nil {
		f.t.Fatal(err)
	}
}

func (f folder) pair(ca *tlsfilestest.CA, notAfter time.Time) {
	f.t.Helper()
	cert, key := ca.Issue(notAfter)
	f.write("cert.pem", cert)
	f.write("key.pem", key)
}

func (f folder) files() tlsfiles.Files {
	return tlsfiles.Files{Key: "kafka.tls", CA: f.path("ca.pem"), Cert: f.path("cert.pem"), PrivateKey: f.path("key.pem")}
}

func TestFilesAreReadAgain(t *testing.T) {
	t.Parallel()
	ours, theirs, next := tlsfilestest.New(t, "clients"), tlsfilestest.New(t, "servers"), tlsfilestest.New(t, "next servers")
	f := folder{t, t.TempDir()}
	f.write("ca.pem", theirs.PEM())
	f.pair(ours, time.Now().Add(time.Hour))
	var logged bytes.Buffer
	set, err := tlsfiles.Open(f.files(), tlsfiles.NewWatch(slog.New(slog.NewTextHandler(&logged, nil))))
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, theirs.Server(ours))
	expect := func(serial string) {
		t.Helper()
		if got, err := s.said(set.Config()); err != nil || got != serial {
			t.Fatalf("the server saw certificate %q (%v), want %s", got, err, serial)
		}
	}
	expect("2")
	f.pair(ours, time.Now().Add(time.Hour))
	expect("3")

	// Half a renewal: the last good pair is used, and that is logged once.
	cert, key := ours.Issue(time.Now().Add(time.Hour))
	f.write("cert.pem", cert)
	expect("3")
	f.write("cert.pem", cert[:len(cert)/2])
	expect("3")
	if err := os.Remove(f.path("key.pem")); err != nil {
		t.Fatal(err)
	}
	expect("3")
	if n := strings.Count(logged.String(), "level=WARN"); n != 1 {
		t.Errorf("%d warnings:\n%s", n, &logged)
	}
	f.write("cert.pem", cert)
	f.write("key.pem", key)
	expect("4")

	// The servers' authority is replaced. Until the file has it, nothing is trusted that should not be.
	s.config.Store(next.Server(ours))
	if _, err := s.said(set.Config()); !isUntrusted(err) {
		t.Errorf("a server of another authority: %v", err)
	}
	f.write("ca.pem", []byte("-----BEGIN CERTIFICATE-----\nAAAA\n"))
	if _, err := s.said(set.Config()); !isUntrusted(err) {
		t.Errorf("a server of another authority, with half a file: %v", err)
	}
	f.write("ca.pem", next.PEM())
	expect("4")
	s.config.Store(theirs.Server(ours))
	if _, err := s.said(set.Config()); !isUntrusted(err) {
		t.Errorf("a server of the authority that was replaced: %v", err)
	}
}

func isUntrusted(err error) bool {
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	return unknown
}

// Names are verified as ever, also where a server is called by its address.
func TestNamesAreVerified(t *testing.T) {
	t.Parallel()
	ca := tlsfilestest.New(t, "all")
	f := folder{t, t.TempDir()}
	f.write("ca.pem", ca.PEM())
	f.pair(ca, time.Now().Add(time.Hour))
	set, err := tlsfiles.Open(f.files(), nil)
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, ca.Server(ca))
	for _, name := range []string{"127.0.0.2", "other.example"} {
		config := set.Config().Clone()
		config.ServerName = name
		_, err := s.said(config)
		if _, wrong := errors.AsType[x509.HostnameError](err); !wrong {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestACertificateThatHasEnded(t *testing.T) {
	t.Parallel()
	ca := tlsfilestest.New(t, "all")
	f := folder{t, t.TempDir()}
	f.write("ca.pem", ca.PEM())
	f.pair(ca, time.Now().Add(time.Hour))
	watch := tlsfiles.NewWatch(slog.New(slog.DiscardHandler))
	set, err := tlsfiles.Open(f.files(), watch)
	if err != nil {
		t.Fatal(err)
	}
	end := time.Now().Add(-time.Hour).Truncate(time.Second)
	f.pair(ca, end)
	s := serve(t, ca.Server(ca))
	want := "kafka.tls.cert: the certificate in " + f.path("cert.pem") + " ended at " + end.UTC().Format(time.RFC3339) + "; put a renewed one into the file"
	config := set.Config()
	if watch.Err() != nil {
		t.Errorf("before a server asks for it: %v", watch.Err())
	}
	if _, err := s.said(config); err == nil || err.Error() != want {
		t.Errorf("the handshake: %v, want %s", err, want)
	}
	<-watch.Ended()
	if err := watch.Err(); err == nil || err.Error() != want {
		t.Errorf("the watch: %v, want %s", err, want)
	}
	_, err = tlsfiles.Open(f.files(), nil)
	if ended, ok := errors.AsType[*tlsfiles.EndedError](err); !ok || !ended.NotAfter.Equal(end) {
		t.Errorf("at start: %v", err)
	}
	ends, err := tlsfiles.Ends(f.files())
	if err != nil || !ends["cert"].Equal(end) || ends["ca"].Before(time.Now()) {
		t.Errorf("%v, %v", ends, err)
	}
}
