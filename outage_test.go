package loaderline_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/stages"
)

// An outage makes no dead letter, however long it is; work resumes where it stopped. A breaker changes nothing about that,
// and does not stay open when the source is back.
func TestAnOutageMakesNoDeadLetters(t *testing.T) {
	t.Parallel()
	for name, breakerFailures := range map[string]int{"no breaker": 0, "breaker": 1} {
		t.Run(name, func(t *testing.T) { outage(t, breakerFailures) })
	}
}

// A source that refuses a ping is asked for keys: those calls may succeed.
func TestAnOutageEndsWhereThePingIsRefused(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	var away atomic.Bool
	away.Store(true)
	source := stages.MapSource(func(ctx context.Context, keys []int) (map[int]int, error) {
		if away.Load() {
			return nil, errors.New("connection refused")
		}
		return double(ctx, keys)
	})
	backend := stages.NewBackend(stages.BackendConfig{Name: "numbers", Ping: func(context.Context) error {
		if away.Swap(false) {
			return errors.New("connection refused")
		}
		return stages.WithClass(errors.New("401 Unauthorized"), stages.Fatal)
	}})
	b.publish(events(7)...)
	stop := start(t, numbersOf(b, source, backend))
	b.read("out", 7)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
}

func outage(t *testing.T, breakerFailures int) {
	t.Helper()
	b := newBroker(t)
	var away atomic.Bool
	away.Store(true)
	failed := make(chan struct{}, 1000)
	source := stages.MapSource(func(ctx context.Context, keys []int) (map[int]int, error) {
		if away.Load() {
			failed <- struct{}{}
			return nil, errors.New("connection refused")
		}
		return double(ctx, keys)
	})
	cfg := numbers(b, source)
	pinged := make(chan struct{}, 1000)
	backend := stages.NewBackend(stages.BackendConfig{Name: "numbers", BreakerFailures: breakerFailures, BreakerDelay: time.Hour, Ping: func(context.Context) error {
		if !away.Load() {
			return nil
		}
		pinged <- struct{}{}
		return errors.New("connection refused")
	}})
	double := stages.NewLoader(source, stages.LoaderConfig[int, int]{Name: "double", Backend: backend})
	cfg.Plan = &stages.Plan[int]{InitialBackoff: time.Millisecond, MaxElapsed: 20 * time.Millisecond}
	node := stages.One(cfg.Plan, double, stages.By(cfg.Plan, func(n int) int { return n }))
	cfg.Encode = func(row stages.Row[int]) ([]loaderline.Record, error) {
		return []loaderline.Record{{Value: []byte(node.Of(row).State.String())}}, nil
	}
	b.publish(events(200)...)
	stop := start(t, cfg)
	<-failed
	<-pinged
	<-pinged
	if n := b.committed(); n != 0 {
		t.Errorf("%d offsets were committed in the outage", n)
	}
	away.Store(false)
	b.read("out", 200)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if n := b.size("dead"); n != 0 {
		t.Errorf("the dead-letter topic has %d offsets", n)
	}
}
