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

func TestSecretIsNeverPrinted(t *testing.T) {
	t.Parallel()
	const value = "hunter2"
	secret := pf.NewSecret(value)
	if secret.Reveal() != value {
		t.Fatalf("Reveal = %q", secret.Reveal())
	}
	// A fmt method is not called on what lies in an unexported field.
	hidden := struct{ secret pf.Secret }{secret}
	file := &pf.File{Sources: []pf.Source{{SQL: &pf.SQL{DSN: secret}}}, Kafka: pf.Kafka{SASL: &pf.SASL{Password: secret}}}
	var out bytes.Buffer
	for _, v := range []any{secret, &secret, []pf.Secret{secret}, map[string]pf.Secret{"dsn": secret}, hidden, file, *file, file.Sources, *file.Kafka.SASL} {
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
		slog.New(handler).Info("started", "secret", secret, "source", file.Sources[0], "sql", *file.Sources[0].SQL)
	}
	for _, leak := range []string{value, fmt.Sprintf("%x", value), fmt.Sprintf("%d", []byte(value))} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("%q is in the output:\n%s", leak, out.String())
		}
	}
	if got := secret.String(); got != "[redacted]" {
		t.Errorf("String = %q", got)
	}
	if got := (pf.Secret{}).String() + pf.NewSecret("").String(); got != "" {
		t.Errorf("String of an empty secret = %q", got)
	}
}

const securedFile = `
kafka: {brokers: [localhost:9092]}
input: {topics: [events], group: enrich}
sources: {shop: {sql: {driver: sqlite, dsn: shop.db}}}
stages: {user: {source: shop, by: event.user_id, query: "SELECT id FROM users WHERE id IN ($keys)", key: id}}
output: {topic: enriched}
dead_letter: {topic: dead}
`

// A secret of a file is read again on demand, and what is in the environment stays.
func TestSecretIsReadAnew(t *testing.T) {
	content := "old"
	opts := pf.Options{
		Getenv:   func(string) (string, bool) { return "user", true },
		ReadFile: func(string) ([]byte, error) { return []byte(content + "\n"), nil },
	}
	for written, want := range map[string]string{"${file:token}": "new", "${USER}-${file:token}": "user-new", "plain": "plain"} {
		content = "old"
		file, err := pf.Parse("pipeline.yaml", []byte(securedFile+"http: {token: \""+written+"\"}\n"), opts)
		if err != nil {
			t.Fatal(err)
		}
		content = "new"
		if strings.Contains(file.HTTP.Token.Reveal(), "new") {
			t.Errorf("%s: what was read changed", written)
		}
		if got, err := file.Secret("http.token", file.HTTP.Token); got != want || err != nil {
			t.Errorf("%s: got %q, %v", written, got, err)
		}
	}
}
