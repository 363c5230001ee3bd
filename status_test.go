package loaderline_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/abort"
	"github.com/loaderline/loaderline/stages"
)

// gate is a source that waits until it is open.
func gate(open <-chan struct{}) stages.Source[int, int] {
	return stages.MapSource(func(ctx context.Context, keys []int) (map[int]int, error) {
		select {
		case <-open:
			return double(ctx, keys)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	})
}

// numbersBackend is one that answers when it is asked whether it does.
func numbersBackend(ping func() error) *stages.Backend {
	return stages.NewBackend(stages.BackendConfig{Name: "numbers", Ping: func(context.Context) error { return ping() }})
}

// Each way not to commit a micro-batch has its reason.
func TestOnAbort(t *testing.T) {
	t.Parallel()
	var asked atomic.Bool // Whether it is back.
	away := stages.MapSource(func(ctx context.Context, keys []int) (map[int]int, error) {
		if !asked.Load() {
			return nil, errors.New("connection refused")
		}
		return double(ctx, keys)
	})
	for _, test := range []struct {
		reason string
		source stages.Source[int, int]
		fault  *kfake.Fault
		set    func(*loaderline.Config[int])
	}{
		{abort.Refusal, doubles, &kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "out", Err: kerr.InvalidRecord}, nil},
		{abort.Error, doubles, &kfake.Fault{Keys: []kmsg.Key{kmsg.EndTxn}, Err: kerr.InvalidProducerIDMapping, TopLevel: true}, nil},
		{abort.Overflow, doubles, nil, func(cfg *loaderline.Config[int]) { cfg.MaxOutputBytes = 1 }},
		{abort.Outage, away, nil, nil},
		{abort.Shutdown, gate(nil), nil, func(cfg *loaderline.Config[int]) { cfg.ShutdownTimeout = 400 * time.Millisecond }},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			b := newBroker(t)
			b.publish(events(6)...)
			cfg := numbersOf(b, test.source, numbersBackend(func() error {
				asked.Store(true)
				return nil
			}))
			if test.fault != nil {
				b.cluster.Fault(*test.fault)
			}
			if test.set != nil {
				test.set(&cfg)
			}
			cfg.Workers = 1
			reasons := make(chan string, 100)
			cfg.OnAbort = func(reason string) { reasons <- reason }
			decoded := make(chan struct{}, 1000)
			cfg.Decode = func(r loaderline.Record) (int, error) {
				decoded <- struct{}{}
				return decodeID(r)
			}
			stop := start(t, cfg)
			if test.reason == abort.Shutdown {
				<-decoded
			} else {
				b.waitFor(6)
			}
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			if got := <-reasons; got != test.reason {
				t.Errorf("aborted by %s, not %s", got, test.reason)
			}
		})
	}
}

func TestOnAbortByARebalance(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	b.publish(events(50)...)
	open := make(chan struct{})
	first, second := numbers(b, gate(open)), numbers(b, gate(open))
	first.Consumer.Instance, second.Consumer.Instance = "first", "second"
	first.Consumer.RebalanceGrace = 50 * time.Millisecond
	reasons, decoded := make(chan string, 100), make(chan struct{}, 1000)
	first.OnAbort = func(reason string) { reasons <- reason }
	first.Decode = func(r loaderline.Record) (int, error) {
		decoded <- struct{}{}
		return decodeID(r)
	}
	stopFirst := start(t, first)
	<-decoded
	stopSecond := start(t, second)
	if got := <-reasons; got != abort.Rebalance {
		t.Errorf("aborted by %s", got)
	}
	close(open)
	b.waitFor(50)
	if err := errors.Join(stopFirst(), stopSecond()); err != nil {
		t.Fatal(err)
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	var away atomic.Bool
	cfg := numbersOf(b, stages.MapSource(func(ctx context.Context, keys []int) (map[int]int, error) {
		if away.Load() {
			return nil, errors.New("connection refused")
		}
		return double(ctx, keys)
	}), numbersBackend(func() error {
		if away.Load() {
			return errors.New("connection refused")
		}
		return nil
	}))
	p, err := loaderline.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Status(); got != nil {
		t.Errorf("before Run: %+v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	began := time.Now()

	awaitWorkers(t, p, "joined", both(func(w loaderline.WorkerStatus) bool { return w.Joined && w.Paused == "" && w.LastActive.After(began) }))
	b.publish(events(100)...)
	b.waitFor(100)
	awaitWorkers(t, p, "caught up", caughtUp)
	away.Store(true)
	b.publish(events(100)...)
	awaitWorkers(t, p, "paused", paused)
	away.Store(false)
	b.waitFor(200)
	awaitWorkers(t, p, "resumed", func(workers []loaderline.WorkerStatus) bool { return !paused(workers) })
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	awaitWorkers(t, p, "gone", both(func(w loaderline.WorkerStatus) bool { return !w.Joined && w.Partitions == nil }))
}

// awaitWorkers waits until a pipeline's workers, taken together, are as expected.
func awaitWorkers(t *testing.T, p *loaderline.Pipeline[int], what string, is func([]loaderline.WorkerStatus) bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !is(p.Status()); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not %s: %+v", what, p.Status())
		}
	}
}

// both reports whether there are two workers, in their order, and each is as expected.
func both(is func(loaderline.WorkerStatus) bool) func([]loaderline.WorkerStatus) bool {
	return func(workers []loaderline.WorkerStatus) bool {
		for i, w := range workers {
			if w.Worker != i || !is(w) {
				return false
			}
		}
		return len(workers) == 2
	}
}

func paused(workers []loaderline.WorkerStatus) bool {
	return slices.ContainsFunc(workers, func(w loaderline.WorkerStatus) bool { return w.Paused == "numbers" })
}

// caughtUp reports whether no event is left in any of the four partitions of the input.
func caughtUp(workers []loaderline.WorkerStatus) bool {
	lags := 0
	for _, w := range workers {
		for _, p := range w.Partitions {
			if p.Lag == 0 && p.Topic == "in" {
				lags++
			}
		}
	}
	return lags == 4
}
