// Package devregistry is a schema registry inside this process, to try things on. It has Confluent's API with GUIDs, keeps all in memory,
// and takes every schema for compatible. It is not for production.
package devregistry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/loaderline/loaderline/internal/devlisten"
)

// DefaultListen is where clients of a registry look first.
const DefaultListen = "127.0.0.1:8081"

// Registry is a running registry. It is safe for concurrent use.
type Registry struct {
	url    string
	server http.Server
	ended  chan error
}

// Start starts a registry that listens on an address, as host:port. Port 0 is any free one. If nobody can listen there, the error is a
// *devlisten.Error. Close ends the registry.
func Start(ctx context.Context, address string) (*Registry, error) {
	listener, err := devlisten.Listen(ctx, address, DefaultListen)
	if err != nil {
		return nil, fmt.Errorf("start the development registry: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", srfake.NewRegistry().Handler())
	mux.HandleFunc("GET /schemas/types", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.schemaregistry.v1+json")
		_, _ = w.Write([]byte(`["AVRO","JSON","PROTOBUF"]`)) // A client that has left needs no answer.
	})
	r := &Registry{
		url:    "http://" + listener.Addr().String(),
		server: http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second},
		ended:  make(chan error, 1),
	}
	go func() {
		r.ended <- r.server.Serve(listener)
		close(r.ended) // So that another Close does not wait.
	}()
	return r, nil
}

// URL is where clients reach the registry.
func (r *Registry) URL() string { return r.url }

// Close ends the registry, and the connections to it. Its schemas are gone. A second call does nothing.
func (r *Registry) Close() error {
	err := r.server.Close()
	if ended, first := <-r.ended; first && !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	if err != nil {
		return fmt.Errorf("close the development registry: %w", err)
	}
	return nil
}
