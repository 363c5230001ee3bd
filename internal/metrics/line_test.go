package metrics_test

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
	"github.com/loaderline/loaderline/internal/backlog"
	"github.com/loaderline/loaderline/internal/metrics"
	"github.com/loaderline/loaderline/sink"
	"github.com/loaderline/loaderline/stages"
)

// line is a measured pipeline of numbers, whose source is away while it is told so.
type line struct {
	t       *testing.T
	cluster *kfake.Cluster
	away    atomic.Bool
	metrics *metrics.Metrics
	watch   *backlog.Watch
	stop    func() // ends the pipeline and not the measuring
}

// startLine starts one that is measured every so often.
func startLine(t *testing.T, every time.Duration) *line {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "in", "out", "dead"),
		kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	l := &line{t: t, cluster: cluster}
	kafka := consumer.Kafka{Brokers: cluster.ListenAddrs()}
	var running atomic.Pointer[loaderline.Pipeline[int]]
	status := func() []loaderline.WorkerStatus { return running.Load().Status() }
	watch := backlog.New(backlog.Config{Kafka: kafka, Group: "g", Topics: []string{"in"}, ClientID: "this", Status: status, Every: every, Patience: patience})
	l.metrics = metrics.New(metrics.Config{
		Pipeline: "p", Stages: []string{"user"}, Sources: []string{"shop"}, Files: []string{"zones"}, Tiers: []string{"redis"}, Status: status, Backlog: watch,
		Changes: metrics.Changes{Topics: []string{"shop.users"}},
		Tables:  []string{"users"},
	})
	l.watch = watch
	measured := kafka
	measured.Opts = func() []kgo.Opt { return []kgo.Opt{kgo.ClientID("this")} }
	p, err := loaderline.New(l.config(measured))
	if err != nil {
		t.Fatal(err)
	}
	running.Store(p)
	background(t, watch.Run)
	l.stop = background(t, p.Run)
	return l
}

// config is the pipeline, with a source that can be away.
func (l *line) config(kafka consumer.Kafka) loaderline.Config[int] {
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
	return loaderline.Config[int]{
		Consumer: consumer.Config{Kafka: kafka, Group: "g", Topics: []string{"in"}, Instance: "test"},
		Sink:     sink.Config{Topic: "out", DeadLetterTopic: "dead"},
		Workers:  2, Plan: plan,
		Decode: func(r loaderline.Record) (int, error) { return strconv.Atoi(string(r.Value)) },
		Encode: func(stages.Row[int]) ([]loaderline.Record, error) {
			return []loaderline.Record{{Value: []byte("x")}}, nil
		},
		OnCommit: func(tally loaderline.Tally) { l.metrics.Commit(tally) },
		OnAbort:  func(why string) { l.metrics.Abort(why) },
	}
}

// background runs something until the test or the returned function ends it.
func background(t *testing.T, run func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := run(ctx); err != nil {
			t.Error(err)
		}
	}()
	stop = func() {
		cancel()
		<-ended
	}
	t.Cleanup(stop)
	return stop
}

// publish writes n events to each of the two partitions.
func (l *line) publish(n int, opts ...kgo.Opt) {
	l.t.Helper()
	opts = append(opts, kgo.SeedBrokers(l.cluster.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	client, err := kgo.NewClient(opts...)
	if err != nil {
		l.t.Fatal(err)
	}
	defer client.Close()
	var records []*kgo.Record
	for i := range 2 * n {
		records = append(records, &kgo.Record{Topic: "in", Partition: int32(i % 2), Value: []byte(strconv.Itoa(i))})
	}
	transactional := len(opts) > 2
	if transactional {
		if err := client.BeginTransaction(); err != nil {
			l.t.Fatal(err)
		}
	}
	if err := client.ProduceSync(l.t.Context(), records...).FirstErr(); err != nil {
		l.t.Fatal(err)
	}
	if transactional {
		if err := client.EndTransaction(l.t.Context(), kgo.TryCommit); err != nil {
			l.t.Fatal(err)
		}
	}
}

// patience is how long a stall of a line has to last.
const patience = 900 * time.Millisecond

const (
	up                 = `loaderline_consumer_lag_up`
	records0, records1 = `loaderline_consumer_lag_records{partition="0",topic="in"}`, `loaderline_consumer_lag_records{partition="1",topic="in"}`
	seconds0, seconds1 = `loaderline_consumer_lag_seconds{partition="0",topic="in"}`, `loaderline_consumer_lag_seconds{partition="1",topic="in"}`
	enriched           = `loaderline_records_total{outcome="enriched"}`
)

// await scrapes until a condition holds.
func (l *line) await(what string, holds func(now map[string]float64) bool) map[string]float64 {
	l.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		now := series(l.t, scrape(l.t, l.metrics))
		if holds(now) {
			return now
		}
		if time.Now().After(deadline) {
			l.t.Fatalf("it never came to %s: records %v %v, seconds %v %v, enriched %v", what,
				now[records0], now[records1], now[seconds0], now[seconds1], now[enriched])
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func has(now map[string]float64, name string, value float64) bool {
	got, ok := now[name]
	return ok && got == value
}

// often is how often a line is measured that is looked at as it changes.
const often = 100 * time.Millisecond
