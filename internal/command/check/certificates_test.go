package check_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/command/check"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/tlsfiles/tlsfilestest"
)

func TestCertificatesThatEndSoon(t *testing.T) {
	dir := t.TempDir()
	ca := tlsfilestest.New(t, "all")
	end := time.Now().Add(20 * 24 * time.Hour).Truncate(time.Second)
	cert, key := ca.Issue(end)
	spaced := filepath.Join(dir, "the cert.pem")
	for name, content := range map[string][]byte{"ca.pem": ca.PEM(), "cert.pem": cert, "key.pem": key, "the cert.pem": cert} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file, err := pipelinefile.Parse("pipeline.yaml", []byte(`
kafka: {brokers: ["localhost:9092"], tls: {cert: cert.pem, key: key.pem}}
input: {topics: [in], group: g}
sources:
  shop: {sql: {driver: sqlite, dsn: shop.db}}
  urls: {sql: {driver: postgres, dsn: "postgres://reader@db/shop?sslmode=verify-full&sslcert=`+dir+`/cert.pem"}}
  pairs: {sql: {driver: postgres, dsn: "host=db sslcert='`+spaced+`' sslmode=verify-full"}}
stages: {user: {source: shop, by: event.id, query: "SELECT id FROM users WHERE id IN ($keys)", key: id}}
output: {topic: out}
dead_letter: {topic: dead}
`), pipelinefile.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	warned := func(name, path string) string {
		return "warn    certificate " + name + ": " + path + " ends at " + end.UTC().Format(time.RFC3339) + "; renew it, and a run reads the new one by itself"
	}
	for days, want := range map[int][]string{15: nil, 14: {
		warned("kafka.tls.cert", filepath.Join(dir, "cert.pem")),
		warned("sources.urls.sql.dsn sslcert", filepath.Join(dir, "cert.pem")),
		warned("sources.pairs.sql.dsn sslcert", spaced),
	}} {
		var got []string
		for _, f := range check.Certificates(file, end.Add(-time.Duration(days)*24*time.Hour)) {
			got = append(got, f.String())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d days before (-want +got):\n%s", days, diff)
		}
	}
}
