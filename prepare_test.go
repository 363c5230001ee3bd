package loaderline_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/stages"
)

// schemas loads what Prepare needs, until the backend is away.
func schemas(away *atomic.Bool, pinged chan<- struct{}) *stages.Plan[int] {
	load := func(_ context.Context, keys []int) (map[int]int, error) {
		if away.Load() {
			return nil, errors.New("connection refused")
		}
		found := map[int]int{}
		for _, k := range keys {
			found[k] = k
		}
		return found, nil
	}
	backend := stages.NewBackend(stages.BackendConfig{Name: "registry", Ping: func(context.Context) error {
		if !away.Load() {
			return nil
		}
		pinged <- struct{}{}
		return errors.New("connection refused")
	}})
	plan := &stages.Plan[int]{InitialBackoff: time.Millisecond, MaxElapsed: 20 * time.Millisecond}
	stages.One(plan, stages.NewLoader(stages.MapSource(load), stages.LoaderConfig[int, int]{Name: "schema", Backend: backend}),
		stages.By(plan, func(id int) int { return id }))
	return plan
}

func TestAnOutageOfPrepareMakesNoDeadLetters(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	var away atomic.Bool
	away.Store(true)
	pinged := make(chan struct{}, 1000)
	plan := schemas(&away, pinged)
	cfg := numbers(b, stages.MapSource(func(ctx context.Context, keys []int) (map[int]int, error) {
		if away.Load() {
			t.Error("keys were loaded before Prepare returned")
		}
		return double(ctx, keys)
	}))
	cfg.Prepare = func(ctx context.Context, _ []*loaderline.Record) error {
		if err := plan.Run(ctx, []int{1}).Err(); err != nil {
			return fmt.Errorf("schemas: %w", err)
		}
		return nil
	}
	b.publish(events(7)...)
	stop := start(t, cfg)
	<-pinged
	<-pinged
	if n := b.committed(); n != 0 {
		t.Errorf("%d offsets were committed in the outage", n)
	}
	away.Store(false)
	b.read("out", 7)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if n := b.size("dead"); n != 0 {
		t.Errorf("the dead-letter topic has %d offsets", n)
	}
}

// Prepare sees each record that has a value before Decode does, and no tombstone.
func TestPrepareComesBeforeDecode(t *testing.T) {
	t.Parallel()
	var (
		mu       sync.Mutex
		prepared []string
	)
	cfg := numbers(newBroker(t), doubles)
	cfg.Prepare = func(_ context.Context, records []*loaderline.Record) error {
		mu.Lock()
		defer mu.Unlock()
		for _, r := range records {
			prepared = append(prepared, string(r.Value))
		}
		return nil
	}
	decode := cfg.Decode
	cfg.Decode = func(r loaderline.Record) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		if len(prepared) != 3 {
			return 0, fmt.Errorf("%d records were prepared before %s", len(prepared), r.Value)
		}
		return decode(r)
	}
	p, err := loaderline.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	batch := append(events(3), &kgo.Record{Key: []byte("k")})
	_, tally, err := p.Enrich(t.Context(), batch)
	if err != nil || tally.Enriched != 3 {
		t.Errorf("tally %+v, error %v", tally, err)
	}
	if want := []string{"0", "1", "2"}; !slices.Equal(prepared, want) {
		t.Errorf("prepared %v, want %v", prepared, want)
	}
	if _, _, err := p.Enrich(t.Context(), batch[3:]); err != nil || len(prepared) != 3 {
		t.Errorf("a batch without a value: %d prepared, error %v", len(prepared), err)
	}
}

func TestAnErrorOfPrepareEndsRun(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(context.Context, []*loaderline.Record) error{
		"401 Unauthorized": func(context.Context, []*loaderline.Record) error {
			return errors.New("the registry answered 401 Unauthorized")
		},
		"panicked: boom": func(context.Context, []*loaderline.Record) error { panic("boom") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBroker(t)
			b.publish(&kgo.Record{Value: []byte(strconv.Itoa(1))})
			cfg := numbers(b, doubles)
			cfg.Prepare = prepare
			p, err := loaderline.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Run(t.Context()); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("Run ended with %v", err)
			}
			if out, dead := b.size("out"), b.size("dead"); out+dead != 0 {
				t.Errorf("%d offsets of out and %d of dead letters", out, dead)
			}
		})
	}
}
