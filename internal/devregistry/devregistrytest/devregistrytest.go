// Package devregistrytest starts schema registries for tests.
package devregistrytest

import (
	"testing"

	"github.com/loaderline/loaderline/internal/devregistry"
	"github.com/loaderline/loaderline/internal/registry"
)

// Start returns a registry without schemas and a client of it. Both end with the test.
func Start(t *testing.T) (*devregistry.Registry, *registry.Client) {
	t.Helper()
	server, err := devregistry.Start(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	client, err := registry.Open(registry.Config{URLs: []string{server.URL()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return server, client
}
