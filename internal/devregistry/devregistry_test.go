package devregistry_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/loaderline/loaderline/internal/devlisten"
	"github.com/loaderline/loaderline/internal/devregistry"
	"github.com/loaderline/loaderline/internal/devregistry/devregistrytest"
	"github.com/loaderline/loaderline/internal/registry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestARegistryInTheProcess(t *testing.T) {
	r, err := devregistry.Start(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	client, err := registry.Open(registry.Config{URLs: []string{r.URL()}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	s := &registry.Schema{Type: registry.JSON, Text: `{"type":"object"}`}
	registered, err := client.Register(t.Context(), "orders-value", s, true)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := client.Schema(t.Context(), registered.ID); err != nil || got.Text != s.Text || got.Type != s.Type {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := devregistry.Start(t.Context(), strings.TrimPrefix(r.URL(), "http://")); err == nil || !strings.HasSuffix(err.Error(), "address already in use") || !errors.As(err, new(*devlisten.Error)) {
		t.Errorf("a second registry on its address: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if err := client.Ping(t.Context()); err == nil {
		t.Error("a registry that was closed answers")
	}
}

func TestRegisterFile(t *testing.T) {
	const orders = `{"type": "record", "name": "Order", "fields": []}`
	dir := t.TempDir()
	for name, test := range map[string]struct {
		file, text string
		want       registry.Type
		err        string
	}{
		"Avro":                {"a.avsc", orders, registry.Avro, ""},
		"JSON Schema":         {"a.json", `{"type": "object"}`, registry.JSON, ""},
		"Avro that is wrong":  {"b.avsc", `{"type": "unheard-of"}`, "", "read the schema of subject orders: " + filepath.Join(dir, "b.avsc") + ": "},
		"JSON that is wrong":  {"b.json", `{`, "", "it is no JSON Schema: it is not JSON"},
		"another name":        {"a.proto", `message A {}`, "", "is neither Avro nor JSON Schema: write a file whose name ends in .avsc or .json, and register "},
		"a file that is none": {"none.avsc", "", "", "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			r, client := devregistrytest.Start(t)
			file := filepath.Join(dir, test.file)
			if test.text != "" {
				if err := os.WriteFile(file, []byte(test.text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			err := r.RegisterFile(t.Context(), "orders", file)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) || !errors.As(err, new(*devregistry.FileError)) {
					t.Errorf("got %v, want %s", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got, err := client.Latest(t.Context(), "orders"); err != nil || got.Schema.Type != test.want || got.Schema.Text != test.text {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}
