package registry_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/registry"
	"github.com/loaderline/loaderline/stages"
)

// A schema is compiled once, however many workers need it at the same time, and not fetched again.
func TestASchemaIsCompiledOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &client{schemas: map[schemaid.ID]string{id(1): "a", id(2): "bb", id(3): "bad"}}
		var compiled atomic.Int32
		r := registry.NewResolver(c, registry.ResolverConfig[int]{Compile: func(s *registry.Schema) (int, error) {
			compiled.Add(1)
			return length(s)
		}})
		var workers sync.WaitGroup
		for range 8 {
			workers.Go(func() {
				if err := r.Prepare(t.Context(), []schemaid.ID{id(1), id(2), id(1), id(3)}); err != nil {
					t.Error(err)
				}
			})
		}
		workers.Wait()
		asked := c.askedFor(id(1))
		prepare(t, r, id(1), id(2), id(3))
		if n := compiled.Load(); n != 3 || c.askedFor(id(1)) != asked {
			t.Errorf("%d compilations of 3 schemas, and %d more requests for a schema that is kept", n, c.askedFor(id(1))-asked)
		}
		for n, want := range map[uint64]int{1: 1, 2: 2} {
			if got, err := r.Get(id(n)); got != want || err != nil {
				t.Errorf("schema %d: %d, %v", n, got, err)
			}
		}
		if _, err := r.Get(id(3)); err == nil || err.Error() != "schema ID 3: the schema cannot be read" {
			t.Errorf("a schema that cannot be compiled: %v", err)
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
		// What is kept needs no registry. Another ID is no more at fault than before, although others are known by now.
		c.change(func() { c.away = errRefused; c.schemas[id(3)] = "ccc" })
		prepare(t, r, id(1), id(2))
		if err := r.Prepare(t.Context(), []schemaid.ID{id(3)}); !errors.Is(err, stages.ErrOutage) {
			t.Errorf("the next outage: %v", err)
		}
		c.change(func() { c.away = nil })
		prepare(t, r, id(3))
	})
}

// The errors of a Client have the classes that a Resolver needs: 503 is an outage, and 401 is not.
func TestAnOutageOfAClient(t *testing.T) {
	t.Parallel()
	var status atomic.Int32
	status.Store(http.StatusServiceUnavailable)
	c := open(t, registry.Config{URLs: []string{serve(t, func(w http.ResponseWriter, r *http.Request) {
		respond(int(status.Load()), `{"schema":"\"int\""}`)(w, r)
	})}})
	backend := stages.NewBackend(stages.BackendConfig{Name: "registry", Timeout: -1, Ping: c.Ping})
	r := registry.NewResolver(c, registry.ResolverConfig[int]{Compile: length, Backend: backend, MaxElapsed: time.Millisecond})
	prepare := func() error { return r.Prepare(t.Context(), []schemaid.ID{id(1)}) }
	if err := prepare(); !errors.Is(err, stages.ErrOutage) || backend.Ping(t.Context()) == nil {
		t.Errorf("503: %v", err)
	}
	status.Store(http.StatusUnauthorized)
	if err := prepare(); !errors.Is(err, stages.ErrFatal) || !errors.Is(err, registry.ErrUnauthorized) {
		t.Errorf("401: %v", err)
	}
	status.Store(http.StatusOK)
	if err := prepare(); err != nil || backend.Ping(t.Context()) != nil {
		t.Errorf("200: %v", err)
	}
	if got, err := r.Get(id(1)); got != len(`"int"`) || err != nil {
		t.Errorf("%d, %v", got, err)
	}
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
		r := registry.NewResolver(&client{}, registry.ResolverConfig[int]{Compile: length, Grace: 50 * time.Millisecond})
		ids := make([]schemaid.ID, 1_200)
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

// A topic with more schemas than a process keeps has records that fail, and those before it do not.
func TestManySchemas(t *testing.T) {
	t.Parallel()
	c := &client{schemas: map[schemaid.ID]string{}}
	ids := make([]schemaid.ID, registry.MaxKept+1)
	for i := range ids {
		ids[i] = id(uint64(i))
		c.schemas[ids[i]] = "a"
	}
	r := resolver(c)
	prepare(t, r, ids[:registry.MaxKept]...)
	prepare(t, r, ids...)
	failed := 0
	for _, id := range ids {
		if _, err := r.Get(id); err != nil {
			if failed++; !strings.Contains(err.Error(), "more than "+strconv.Itoa(registry.MaxKept)+" different schemas") {
				t.Errorf("%v", err)
			}
		}
	}
	if failed != 1 {
		t.Errorf("%d schemas failed, want 1", failed)
	}
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
