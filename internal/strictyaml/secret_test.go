package strictyaml_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/strictyaml"
)

func TestSecretIsNeverPrinted(t *testing.T) {
	t.Parallel()
	const value = "hunter2"
	secret := strictyaml.NewSecret(value)
	if secret.Reveal() != value {
		t.Fatalf("Reveal = %q", secret.Reveal())
	}
	// A fmt method is not called on what lies in an unexported field.
	hidden := struct{ secret strictyaml.Secret }{secret}
	file := &shop{Token: secret, Headers: map[string]strictyaml.Secret{"a": secret}}
	var out bytes.Buffer
	for _, v := range []any{secret, &secret, []strictyaml.Secret{secret}, map[string]strictyaml.Secret{"dsn": secret}, hidden, file, *file, file.Headers} {
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
		slog.New(handler).Info("started", "secret", secret, "file", *file, "headers", file.Headers)
	}
	for _, leak := range []string{value, fmt.Sprintf("%x", value), fmt.Sprintf("%d", []byte(value))} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("%q is in the output:\n%s", leak, out.String())
		}
	}
	if got := secret.String(); got != "[redacted]" {
		t.Errorf("String = %q", got)
	}
	if got := (strictyaml.Secret{}).String() + strictyaml.NewSecret("").String(); got != "" {
		t.Errorf("String of an empty secret = %q", got)
	}
}

// A Document remembers no secret, whether the file has it or a variable.
func TestDocumentHoldsNoSecret(t *testing.T) {
	t.Parallel()
	_, document, err := decode(t, least+"token: hunter2\nheaders: {a: \"${SECRET}\", b: hunter2}\n", world())
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb, *document); strings.Contains(text, "hunter2") || strings.Contains(text, canary) {
			t.Errorf("a secret is in the document: %s", text)
		}
	}
}

// A secret of a file is read again on demand. What is in the environment stays.
func TestSecretIsReadAnew(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{"${file:token}": "new", "${USER}-${file:token}": "user-new", "plain": "plain"} {
		content := "old"
		opts := strictyaml.Options{
			Getenv:   func(string) (string, bool) { return "user", true },
			ReadFile: func(string) ([]byte, error) { return []byte(content + "\n"), nil },
		}
		file, document, err := decode(t, least+"token: \""+written+"\"\n", opts)
		if err != nil {
			t.Fatal(err)
		}
		content = "new"
		if strings.Contains(file.Token.Reveal(), "new") {
			t.Errorf("%s: what was read changed", written)
		}
		if got, err := document.Secret("token", file.Token); got != want || err != nil {
			t.Errorf("%s: got %q, %v", written, got, err)
		}
	}
}

// The error of a secret that cannot be read again names its file and no content.
func TestSecretCannotBeReadAnew(t *testing.T) {
	t.Parallel()
	content := []byte("old")
	opts := strictyaml.Options{ReadFile: func(string) ([]byte, error) { return content, nil }}
	file, document, err := decode(t, least+"token: ${file:token}\n", opts)
	if err != nil {
		t.Fatal(err)
	}
	content = []byte("canary\xff")
	if got, err := document.Secret("token", file.Token); got != "" || err == nil || err.Error() != "the file of ${file:token} is not UTF-8 text" {
		t.Errorf("got %q, %v", got, err)
	}
}
