package admin_test

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/admin"
	"github.com/loaderline/loaderline/internal/session"
	"github.com/loaderline/loaderline/sink"
	"github.com/loaderline/loaderline/stages"
)

// line is a pipeline of numbers whose source is away while it is told so.
type line struct {
	t       *testing.T
	cluster *kfake.Cluster
	away    atomic.Bool
	status  func() []loaderline.WorkerStatus
	health  *admin.Health
}

func startLine(t *testing.T) *line {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "in", "out", "dead"),
		kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	l := &line{t: t, cluster: cluster}
	lost := errors.New("connection refused")
	backend := stages.NewBackend(stages.BackendConfig{Name: "shop", Ping: func(context.Context) error {
		if l.away.Load() {
			return lost
		}
		return nil
	}})
	plan := &stages.Plan[int]{InitialBackoff: time.Millisecond, MaxElapsed: 10 * time.Millisecond}
	stages.One(plan, stages.NewLoader(stages.MapSource(func(_ context.Context, keys []int) (map[int]int, error) {
		if l.away.Load() {
			return nil, lost
		}
		found := map[int]int{}
		for _, k := range keys {
			found[k] = k
		}
		return found, nil
	}), stages.LoaderConfig[int, int]{Name: "user", Backend: backend}), stages.By(plan, func(n int) int { return n }))
	p, err := loaderline.New(loaderline.Config[int]{
		Consumer: consumer.Config{Kafka: consumer.Kafka{Brokers: cluster.ListenAddrs()}, Group: "g", Topics: []string{"in"}, Instance: "test"},
		Sink:     sink.Config{Topic: "out", DeadLetterTopic: "dead"},
		Workers:  2, ShutdownTimeout: time.Second, Plan: plan,
		Decode: func(r loaderline.Record) (int, error) { return strconv.Atoi(string(r.Value)) },
		Encode: func(stages.Row[int]) ([]loaderline.Record, error) {
			return []loaderline.Record{{Value: []byte("x")}}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	l.status = p.Status
	l.health = admin.NewHealth(p.Status)
	l.health.Reached()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := p.Run(ctx); err != nil && !session.Recoverable(err) {
			t.Error(err)
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return l
}

func (l *line) publish(value string) {
	l.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(l.cluster.ListenAddrs()...))
	if err != nil {
		l.t.Fatal(err)
	}
	defer client.Close()
	if err := client.ProduceSync(l.t.Context(), &kgo.Record{Topic: "in", Value: []byte(value)}).FirstErr(); err != nil {
		l.t.Fatal(err)
	}
}

// await waits until a condition holds, and fails where the process looks dead meanwhile.
func (l *line) await(what string, holds func() bool, checks ...func() (string, bool)) {
	l.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			l.t.Fatalf("it never came to %s", what)
		}
		for _, check := range checks {
			if what, ok := check(); !ok {
				l.t.Fatalf("it looks dead: %s", what)
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (l *line) ready() bool { _, ok := l.health.Ready(); return ok }

func (l *line) paused() bool {
	for _, w := range l.status() {
		if w.Paused == "shop" {
			return true
		}
	}
	return false
}

// turned reports whether every loop has turned since a time.
func (l *line) turned(since time.Time) func() bool {
	return func() bool {
		for _, w := range l.status() {
			if !w.LastActive.After(since) {
				return false
			}
		}
		return true
	}
}

// While a source is away the loops turn and the members stay, so that the process is neither dead nor unready.
func TestAnOutageOfASourceDoesNotLookDead(t *testing.T) {
	t.Parallel()
	l := startLine(t)
	l.await("ready", l.ready, l.health.Healthy)
	l.away.Store(true)
	l.publish("1")
	l.await("a pause", l.paused, l.health.Healthy, l.health.Ready)
	for range 2 { // A turn could have begun before the pause.
		l.await("another turn in the pause", l.turned(time.Now()), l.health.Healthy, l.health.Ready)
	}
	if !l.paused() {
		t.Error("the pause ended though the source is away")
	}
	l.away.Store(false)
	l.await("the end of the pause", func() bool { return !l.paused() }, l.health.Healthy, l.health.Ready)
}

// While Kafka is away sessions are lost and opened again: also between two of them the loop turns.
func TestAnOutageOfKafkaDoesNotLookDead(t *testing.T) {
	t.Parallel()
	l := startLine(t)
	l.await("ready", l.ready, l.health.Healthy)
	l.cluster.Close()
	for range 2 {
		l.await("another turn without Kafka", l.turned(time.Now()), l.health.Healthy, l.health.Ready)
	}
}
