package pipelinefile_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	pf "github.com/loaderline/loaderline/internal/pipelinefile"
)

const securedFile = `
kafka: {brokers: [localhost:9092], sasl: {mechanism: SCRAM-SHA-512, username: ada, password: hunter2}}
input: {topics: [events], group: enrich}
sources: {shop: {sql: {driver: postgres, dsn: "${DSN}"}}}
stages: {user: {source: shop, by: event.user_id, query: "SELECT id FROM users WHERE id IN ($keys)", key: id}}
output: {topic: enriched}
dead_letter: {topic: dead}
`

// A file prints without its secrets, whether it has them or takes them from a variable.
func TestSecretsAreNeverPrinted(t *testing.T) {
	t.Parallel()
	const value = "hunter2"
	file, err := pf.Parse("pipeline.yaml", []byte(securedFile), pf.Options{Getenv: func(string) (string, bool) { return value, true }})
	if err != nil {
		t.Fatal(err)
	}
	if file.Kafka.SASL.Password.Reveal() != value || file.Sources[0].SQL.DSN.Reveal() != value {
		t.Fatal("the secrets are not read")
	}
	var out bytes.Buffer
	for _, v := range []any{file, *file, file.Sources, *file.Kafka.SASL} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		encoded, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(encoded)
	}
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).Info("started", "file", file, "source", file.Sources[0], "sql", *file.Sources[0].SQL)
	}
	for _, leak := range []string{value, fmt.Sprintf("%x", value), fmt.Sprintf("%d", []byte(value))} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("%q is in the output:\n%s", leak, out.String())
		}
	}
}

// A secret of a file is read again on demand.
func TestSecretIsReadAnew(t *testing.T) {
	t.Parallel()
	content := "old"
	file, err := pf.Parse("pipeline.yaml", []byte(securedFile+"http: {token: \"${file:token}\"}\n"), pf.Options{
		Getenv:   func(string) (string, bool) { return "user", true },
		ReadFile: func(string) ([]byte, error) { return []byte(content + "\n"), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	content = "new"
	if got, err := file.Secret("http.token", file.HTTP.Token); got != "new" || file.HTTP.Token.Reveal() != "old" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}
