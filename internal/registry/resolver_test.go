package registry_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
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

func TestASchemaIsFetchedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &client{schemas: map[schemaid.ID]string{id(1): "a", id(2): "bb", id(3): "bad"}}
		r := resolver(c)
		var workers sync.WaitGroup
		for range 8 {
			workers.Go(func() {
				if err := r.Prepare(t.Context(), []schemaid.ID{id(1), id(2), id(1), id(3)}); err != nil {
					t.Error(err)
				}
			})
		}
		workers.Wait()
		prepare(t, r, id(1), id(2), id(3))
		for n, want := range map[uint64]int{1: 1, 2: 2} {
			if got, err := r.Get(id(n)); got != want || err != nil {
				t.Errorf("schema %d: %d, %v", n, got, err)
			}
		}
		if _, err := r.Get(id(3)); err == nil || err.Error() != "schema ID 3: the schema cannot be read" {
			t.Errorf("a schema that cannot be compiled: %v", err)
		}
		for n := range uint64(3) {
			if asked := c.askedFor(id(n + 1)); asked != 1 {
				t.Errorf("schema %d was fetched %d times", n+1, asked)
			}
		}
	})
}

// An unknown ID is looked for during the grace. Then it is an error at once, until the grace is over again: one look follows.
func TestAnUnknownID(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &client{schemas: map[schemaid.ID]string{id(1): "a"}}
		r := resolver(c)
		prepare(t, r, id(1))
		if took := prepare(t, r, id(1), id(9)); took < 9*time.Second || took > 12*time.Second {
			t.Errorf("it took %v", took)
		}
		asked := c.askedFor(id(9))
		if asked < 5 || asked > 50 {
			t.Errorf("%d requests", asked)
		}
		for range 3 {
			if took := prepare(t, r, id(9)); took != 0 || c.askedFor(id(9)) != asked {
				t.Errorf("it took %v and %d requests", took, c.askedFor(id(9))-asked)
			}
		}
		if _, err := r.Get(id(9)); !errors.Is(err, registry.ErrUnknownID) || !strings.HasPrefix(err.Error(), "schema ID 9: the registry has no schema of this ID") {
			t.Errorf("the error is %v", err)
		}
		if _, err := r.Get(id(10)); !errors.Is(err, registry.ErrUnknownID) {
			t.Errorf("an ID that was not prepared: %v", err)
		}
		time.Sleep(11 * time.Second)
		if took := prepare(t, r, id(9)); took != 0 || c.askedFor(id(9)) != asked+1 {
			t.Errorf("after the grace it took %v and %d requests", took, c.askedFor(id(9))-asked)
		}
		time.Sleep(11 * time.Second)
		c.change(func() { c.schemas[id(9)] = "late" })
		prepare(t, r, id(9))
		if got, err := r.Get(id(9)); got != 4 || err != nil {
			t.Errorf("a schema that came late: %d, %v", got, err)
		}
	})
}

func TestAnIDThatIsRegisteredInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &client{schemas: map[schemaid.ID]string{}}
		r := resolver(c)
		time.AfterFunc(3*time.Second, func() { c.change(func() { c.schemas[id(1)] = "new" }) })
		if took := prepare(t, r, id(1)); took < 3*time.Second || took > 5*time.Second {
			t.Errorf("it took %v", took)
		}
		if got, err := r.Get(id(1)); got != 3 || err != nil {
			t.Errorf("%d, %v", got, err)
		}
	})
}

// A registry that is away is an outage, for which no ID is at fault: nothing is remembered of it.
func TestAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &client{schemas: map[schemaid.ID]string{id(1): "a", id(2): "bb"}, away: errRefused}
		backend := stages.NewBackend(stages.BackendConfig{Name: "registry", Timeout: -1, BreakerFailures: 3, Ping: c.Ping})
		r := registry.NewResolver(c, registry.ResolverConfig[int]{Compile: length, Backend: backend})
		for range 3 {
			start := time.Now()
			err := r.Prepare(t.Context(), []schemaid.ID{id(1), id(2)})
			if !errors.Is(err, stages.ErrOutage) || !errors.Is(err, errRefused) || !strings.Contains(err.Error(), "source registry does not answer") {
				t.Fatalf("error %v", err)
			}
			if took := time.Since(start); took > 6*time.Second {
				t.Errorf("it took %v", took)
			}
		}
		if err := backend.Ping(t.Context()); !errors.Is(err, errRefused) {
			t.Errorf("ping: %v", err)
		}
		c.change(func() { c.away = nil })
		if err := backend.Ping(t.Context()); err != nil {
			t.Errorf("ping: %v", err)
		}
		if took := prepare(t, r, id(1), id(2)); took > time.Second {
			t.Errorf("after the outage it took %v", took)
		}
		if got, err := r.Get(id(2)); got != 2 || err != nil {
			t.Errorf("%d, %v", got, err)
		}
		// What is kept needs no registry.
		c.change(func() { c.away = errRefused })
		prepare(t, r, id(1), id(2))
	})
}

func TestAWrongConfigurationIsFatal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &client{away: stages.WithClass(registry.ErrUnauthorized, stages.Fatal)}
		start := time.Now()
		err := resolver(c).Prepare(t.Context(), []schemaid.ID{id(1)})
		if !errors.Is(err, stages.ErrFatal) || !errors.Is(err, registry.ErrUnauthorized) || time.Since(start) != 0 {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

// One schema that the registry cannot send fails the records that need it, and no others.
func TestOneSchemaThatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("500 Internal Server Error")
		c := &client{schemas: map[schemaid.ID]string{id(1): "a"}, errs: map[schemaid.ID]error{
			id(2): broken, id(3): stages.WithClass(errors.New("refers to itself"), stages.Permanent),
		}}
		r := resolver(c)
		prepare(t, r, id(1), id(2), id(3))
		if _, err := r.Get(id(1)); err != nil {
			t.Error(err)
		}
		if _, err := r.Get(id(2)); !errors.Is(err, broken) {
			t.Errorf("%v", err)
		}
		if _, err := r.Get(id(3)); err == nil || !strings.Contains(err.Error(), "refers to itself") {
			t.Errorf("%v", err)
		}
		if took := prepare(t, r, id(2), id(3)); took != 0 {
			t.Errorf("again it took %v", took)
		}
		time.Sleep(11 * time.Second)
		c.change(func() { delete(c.errs, id(2)); c.schemas[id(2)] = "mended" })
		prepare(t, r, id(2))
		if got, err := r.Get(id(2)); got != 6 || err != nil {
			t.Errorf("%d, %v", got, err)
		}
	})
}

// Random IDs take neither memory without a bound nor more time than one unknown ID.
func TestManyUnknownIDs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := registry.NewResolver(&client{}, registry.ResolverConfig[int]{Compile: length, Grace: 300 * time.Millisecond})
		ids := make([]schemaid.ID, 12_000)
		for i := range ids {
			ids[i] = id(uint64(i))
		}
		if took := prepare(t, r, ids...); took > time.Second {
			t.Errorf("it took %v", took)
		}
		for _, id := range ids {
			if _, err := r.Get(id); !errors.Is(err, registry.ErrUnknownID) {
				t.Fatalf("%v: %v", id, err)
			}
		}
	})
}

func TestPrepareEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		err := resolver(&client{}).Prepare(ctx, []schemaid.ID{id(1)})
		if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, stages.ErrOutage) || time.Since(start) != time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

func TestSubjectName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		strategy, record string
		part             schemaid.Part
		want             string
	}{
		{"topic", "", schemaid.Value, "orders-value"},
		{"topic", "shop.Order", schemaid.Key, "orders-key"},
		{"record", "shop.Order", schemaid.Value, "shop.Order"},
		{"topic_record", "shop.Order", schemaid.Key, "orders-shop.Order"},
		{"my-subject", "", schemaid.Value, "my-subject"},
	} {
		if got, err := registry.SubjectName(c.strategy, "orders", c.record, c.part); got != c.want || err != nil {
			t.Errorf("%+v: %q, %v", c, got, err)
		}
	}
	for _, strategy := range []string{"record", "topic_record"} {
		if got, err := registry.SubjectName(strategy, "orders", "", schemaid.Value); err == nil {
			t.Errorf("%s of a schema without a name: %q", strategy, got)
		}
	}
}
