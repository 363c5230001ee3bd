package pipeline_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/tlsfiles"
	"github.com/loaderline/loaderline/internal/tlsfiles/tlsfilestest"
)

const encrypted = `
kafka: {brokers: [%q], tls: {ca: ca.pem, cert: cert.pem, key: key.pem}}
input: {topics: [in], group: g}
sources: {api: {http: {url: %q, health: /health, tls: {ca: ca.pem, cert: cert.pem, key: key.pem}}}}
stages: {user: {source: api, by: event.id}}
output: {topic: out}
dead_letter: {topic: dead}
`

// Both sides renew their certificates under an authority that the others did not know before, while the clients live on.
func TestCertificatesAreRenewedWithoutARestart(t *testing.T) {
	t.Parallel()
	first, second := tlsfilestest.New(t, "first"), tlsfilestest.New(t, "second")
	var server atomic.Pointer[tls.Config]
	server.Store(first.Server(first))
	ofNow := &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return server.Load(), nil }}
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "in"), kfake.TLS(ofNow))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	service := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	service.Config.SetKeepAlivesEnabled(false)
	service.TLS = ofNow.Clone()
	service.TLS.Certificates = server.Load().Certificates
	service.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	service.StartTLS()
	defer service.Close()

	dir := t.TempDir()
	renew := func(ca *tlsfilestest.CA, notAfter time.Time) {
		t.Helper()
		cert, key := ca.Issue(notAfter)
		for name, content := range map[string][]byte{"ca.pem": ca.PEM(), "cert.pem": cert, "key.pem": key} {
			if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	renew(first, time.Now().Add(time.Hour))
	text := fmt.Sprintf(encrypted, cluster.ListenAddrs()[0], service.URL)
	file, err := pipelinefile.Parse("pipeline.yaml", []byte(text), pipelinefile.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	watch := tlsfiles.NewWatch(slog.New(slog.DiscardHandler))
	kafka, err := pipeline.Kafka(file, nil, watch)
	if err != nil {
		t.Fatal(err)
	}
	source, err := pipeline.OpenSource(t.Context(), file, file.Sources[0], pipeline.SourceOptions{Certificates: watch})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := source.Close(); err != nil {
			t.Error(err)
		}
	}()
	works := func() {
		t.Helper()
		if _, err := kafkaadmin.Describe(t.Context(), kafka, "in"); err != nil {
			t.Errorf("Kafka: %v", err)
		}
		if err := source.Ping(t.Context()); err != nil {
			t.Errorf("the service: %v", err)
		}
	}
	works()
	server.Store(second.Server(second))
	renew(second, time.Now().Add(time.Hour))
	works()
	renew(second, time.Now().Add(-time.Minute))
	if err := source.Ping(t.Context()); err == nil {
		t.Error("a certificate that has ended is of use")
	}
	<-watch.Ended()
	if _, ok := errors.AsType[*tlsfiles.EndedError](watch.Err()); !ok {
		t.Errorf("%v, want a certificate that has ended", watch.Err())
	}
	if _, err := pipeline.Kafka(file, nil, nil); err == nil {
		t.Error("a start with a certificate that has ended")
	}
}
