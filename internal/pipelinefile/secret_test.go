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
