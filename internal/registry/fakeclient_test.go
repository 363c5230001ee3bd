package registry_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/registry"
	"github.com/loaderline/loaderline/stages"
)

// client is a registry whose schemas can be changed.
type client struct {
	mu      sync.Mutex
	schemas map[schemaid.ID]string
	errs    map[schemaid.ID]error
	away    error
	asked   map[schemaid.ID]int
}

var errRefused = errors.New("connection refused")

func (c *client) Schema(_ context.Context, id schemaid.ID) (*registry.Schema, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asked == nil {
		c.asked = map[schemaid.ID]int{}
	}
	c.asked[id]++
	text, known := c.schemas[id]
	switch {
	case c.away != nil:
		return nil, c.away
	case c.errs[id] != nil:
		return nil, c.errs[id]
	case !known:
		return nil, stages.WithClass(fmt.Errorf("%s: %w", id, registry.ErrUnknownID), stages.Permanent)
	}
	return &registry.Schema{Type: registry.Avro, Text: text}, nil
}

func (c *client) Ping(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.away
}

func (c *client) change(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

func (c *client) askedFor(id schemaid.ID) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked[id]
}

func id(n uint64) schemaid.ID { return schemaid.OfNumber(n) }

// length is a Compile.
func length(s *registry.Schema) (int, error) {
	if s.Text == "bad" {
		return 0, errors.New("the schema cannot be read")
	}
	return len(s.Text), nil
}

func resolver(c *client) *registry.Resolver[int] {
	return registry.NewResolver(c, registry.ResolverConfig[int]{Compile: length})
}

// prepare prepares IDs, and returns how long that took.
func prepare(t *testing.T, r *registry.Resolver[int], ids ...schemaid.ID) time.Duration {
	t.Helper()
	start := time.Now()
	if err := r.Prepare(t.Context(), ids); err != nil {
		t.Fatal(err)
	}
	return time.Since(start)
}
