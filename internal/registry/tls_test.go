package registry_test

import (
	"errors"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/registry"
	"github.com/loaderline/loaderline/internal/tlsfiles"
	"github.com/loaderline/loaderline/internal/tlsfiles/tlsfilestest"
)

func TestTLS(t *testing.T) {
	t.Parallel()
	ca, other := tlsfilestest.New(t, "ours"), tlsfilestest.New(t, "theirs")
	server := httptest.NewUnstartedServer(respond(200, `["AVRO"]`))
	server.TLS = ca.Server(ca)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	ping := func(files tlsfiles.Files) error {
		set, err := tlsfiles.Open(files, nil)
		if err != nil {
			t.Fatal(err)
		}
		return open(t, registry.Config{URLs: []string{server.URL}, RenewTLS: set.Config}).Ping(t.Context())
	}
	files := writePair(t, ca, time.Now().Add(time.Hour))
	if err := ping(files); err != nil {
		t.Errorf("with a certificate: %v", err)
	}
	for want, files := range map[string]tlsfiles.Files{
		"its certificate is not trusted": {Key: "registry.tls", CA: writePair(t, other, time.Now().Add(time.Hour)).CA},
		"check registry.tls":             {Key: "registry.tls", CA: files.CA},
	} {
		if err := ping(files); !errors.Is(err, registry.ErrAway) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	err := open(t, registry.Config{URLs: []string{strings.Replace(server.URL, "https", "http", 1)}}).Ping(t.Context())
	if err == nil {
		t.Error("a request without TLS was answered")
	}
}

// writePair writes a client's files.
func writePair(t *testing.T, ca *tlsfilestest.CA, notAfter time.Time) tlsfiles.Files {
	t.Helper()
	dir := t.TempDir()
	cert, key := ca.Issue(notAfter)
	files := tlsfiles.Files{
		Key: "registry.tls", CA: filepath.Join(dir, "ca.pem"), Cert: filepath.Join(dir, "cert.pem"), PrivateKey: filepath.Join(dir, "key.pem"),
	}
	for path, content := range map[string][]byte{files.CA: ca.PEM(), files.Cert: cert, files.PrivateKey: key} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return files
}
