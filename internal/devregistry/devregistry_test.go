package devregistry_test

import (
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/loaderline/loaderline/internal/devregistry"
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
	if _, err := devregistry.Start(t.Context(), strings.TrimPrefix(r.URL(), "http://")); err == nil || !strings.Contains(err.Error(), "start the development registry: ") {
		t.Errorf("a second registry on its address: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if err := client.Ping(t.Context()); err == nil {
		t.Error("a registry that was closed answers")
	}
}
