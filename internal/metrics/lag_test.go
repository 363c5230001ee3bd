package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

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
		Pipeline: "p", Stages: []string{"user"}, Sources: []string{"shop"}, Tiers: []string{"redis"}, Status: status, Backlog: watch,
		Changes: metrics.Changes{Topics: []string{"shop.users"}},
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
	plan := &stages.Plan[int]{Retry: stages.Retry{Initial: time.Millisecond, MaxElapsed: 10 * time.Millisecond}}
	stages.One(plan, stages.NewLoader(stages.MapFunc[int, int](func(_ context.Context, keys []int) (map[int]int, error) {
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
		OnAbort:  func(why loaderline.Abort) { l.metrics.Abort(why) },
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

// The series are there once partitions are assigned, however rarely they are measured.
func TestLagOfTheFirstAssignment(t *testing.T) {
	t.Parallel()
	l := startLine(t, time.Hour)
	l.await("a lag", func(now map[string]float64) bool { return has(now, records0, 0) || has(now, records1, 0) })
}

func TestLag(t *testing.T) {
	t.Parallel()
	l := startLine(t, often)
	atEnd := func(now map[string]float64) bool {
		return has(now, records0, 0) && has(now, records1, 0) && has(now, seconds0, 0) && has(now, seconds1, 0)
	}
	l.await("no lag before the first event", atEnd)
	l.publish(3)
	l.await("no lag after the first events", func(now map[string]float64) bool { return atEnd(now) && has(now, enriched, 6) })

	l.away.Store(true)
	l.publish(1)
	l.await("a pause", func(now map[string]float64) bool { return now[`loaderline_paused{reason="outage"}`] > 0 })
	l.publish(4) // Nobody polls these.
	first := l.await("a lag that grows in an outage", func(now map[string]float64) bool {
		return has(now, records0, 5) && has(now, records1, 5) && now[seconds0] > 0 && now[seconds1] > 0
	})
	l.await("a lag that ages in an outage", func(now map[string]float64) bool {
		return now[seconds0] > first[seconds0]+0.2 && now[seconds1] > first[seconds1]+0.2
	})
	l.away.Store(false)
	l.await("no lag after the outage", func(now map[string]float64) bool { return atEnd(now) && has(now, enriched, 16) })
}

// The markers of an input's transactions stay between the committed offset and the end. Nobody waits for them.
func TestLagOfTransactionalInput(t *testing.T) {
	t.Parallel()
	l := startLine(t, often)
	l.publish(2, kgo.TransactionalID("upstream"))
	l.await("markers that are no delay", func(now map[string]float64) bool {
		return has(now, enriched, 4) && has(now, records0, 1) && has(now, seconds0, 0) && has(now, seconds1, 0)
	})
}

// A process shows its own partitions, so that those of several add up to the group's.
func TestLagOfPartitionsThatWereGivenBack(t *testing.T) {
	t.Parallel()
	l := startLine(t, often)
	l.await("partitions", func(now map[string]float64) bool { return has(now, records0, 0) && has(now, records1, 0) })
	l.stop()
	l.await("no partitions", func(now map[string]float64) bool {
		for name := range now {
			if strings.HasPrefix(name, "loaderline_consumer_lag_") && strings.Contains(name, "partition=") {
				return false
			}
		}
		return true
	})
}

// A cluster that is away leaves what was behind, and ends nothing.
func TestLagWithoutKafka(t *testing.T) {
	t.Parallel()
	l := startLine(t, often)
	l.await("partitions", func(now map[string]float64) bool { return has(now, records0, 0) && has(now, records1, 0) })
	l.away.Store(true)
	l.publish(2)
	l.await("a lag", func(now map[string]float64) bool {
		return has(now, records0, 2) && has(now, records1, 2) && now[seconds0] > 0
	})
	l.cluster.Close()
	first := series(t, scrape(t, l.metrics))
	l.await("a lag that ages without Kafka", func(now map[string]float64) bool {
		return has(now, records0, 2) && now[seconds0] > first[seconds0]+0.5
	})
}

// What was nothing without Kafka is not known, and that it is not is said.
func TestNoLagWithoutKafka(t *testing.T) {
	t.Parallel()
	l := startLine(t, often)
	l.await("partitions", func(now map[string]float64) bool {
		return has(now, records0, 0) && has(now, records1, 0) && has(now, up, 1)
	})
	l.cluster.Close()
	l.await("an unknown lag", func(now map[string]float64) bool {
		_, known := now[records0]
		return !known && has(now, up, 0) && has(now, `loaderline_stalled{reason="kafka"}`, 1)
	})
	if stall := l.watch.Stalled(); strings.Contains(stall.Text, "127.0.0.1") {
		t.Errorf("it names an address: %s", stall.Text)
	}
}

// openTransaction leaves a transaction open in partition 0.
func (l *line) openTransaction() (client *kgo.Client, producer int64) {
	l.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(l.cluster.ListenAddrs()...), kgo.TransactionalID("upstream"), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(client.Close)
	err = client.BeginTransaction()
	err = errors.Join(err, client.ProduceSync(l.t.Context(), &kgo.Record{Topic: "in", Value: []byte("1")}).FirstErr())
	producer, _, idErr := client.ProducerID(l.t.Context())
	if err := errors.Join(err, idErr); err != nil {
		l.t.Fatal(err)
	}
	return client, producer
}

// Another producer's open transaction holds the records behind it back: they are waited for, and it is named.
func TestLagBehindAnOpenTransaction(t *testing.T) {
	t.Parallel()
	l := startLine(t, often)
	l.publish(1)
	l.await("no lag", func(now map[string]float64) bool { return has(now, enriched, 2) && has(now, records0, 0) })
	client, producer := l.openTransaction()
	l.publish(1) // One of them waits behind it.
	open := fmt.Sprintf(`loaderline_open_transaction_seconds{partition="0",producer_id="%d",topic="in"}`, producer)
	l.await("a stall", func(now map[string]float64) bool {
		return now[open] > 0 && has(now, records0, 2) && now[seconds0] > 0 && has(now, records1, 0) && has(now, `loaderline_stalled{reason="open_transaction"}`, 1)
	})
	if text, want := l.watch.Stalled().Text, fmt.Sprintf(`producer %d (transactional ID "upstream") is open in in[0] from offset 1 on, since `, producer); !strings.Contains(text, want) {
		t.Errorf("%q has no %q", text, want)
	}
	if err := client.EndTransaction(t.Context(), kgo.TryCommit); err != nil {
		t.Fatal(err)
	}
	l.await("its end", func(now map[string]float64) bool {
		_, still := now[open]
		return has(now, enriched, 5) && !still && has(now, seconds0, 0) && has(now, `loaderline_stalled{reason="open_transaction"}`, 0)
	})
}

// The partitions of a process that has fallen out of the group have a lag, and the reason is said.
func TestLagOutsideOfTheGroup(t *testing.T) {
	t.Parallel()
	l := startLine(t, often)
	l.await("partitions", func(now map[string]float64) bool { return has(now, records0, 0) && has(now, records1, 0) })
	l.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.JoinGroup}, Err: kerr.CoordinatorNotAvailable, TopLevel: true, Count: -1})
	l.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Heartbeat}, Err: kerr.UnknownServerError, TopLevel: true, Count: -1})
	l.await("no members", func(now map[string]float64) bool { return has(now, "loaderline_workers_joined", 0) })
	l.publish(2)
	l.await("a stall", func(now map[string]float64) bool {
		return has(now, records0, 2) && has(now, records1, 2) && now[seconds0] > 0 && has(now, `loaderline_stalled{reason="group"}`, 1)
	})
}

// A source that is away stalls the pipeline, and is named.
func TestStallInAnOutage(t *testing.T) {
	t.Parallel()
	l := startLine(t, often)
	l.await("partitions", func(now map[string]float64) bool { return has(now, records0, 0) && has(now, records1, 0) })
	l.away.Store(true)
	l.publish(1)
	l.await("a stall", func(now map[string]float64) bool { return has(now, `loaderline_stalled{reason="outage"}`, 1) })
	if stall := l.watch.Stalled(); stall == nil || !strings.Contains(stall.Text, "waits for shop, for ") {
		t.Errorf("%+v", stall)
	}
	l.away.Store(false)
	l.await("no stall", func(now map[string]float64) bool { return has(now, `loaderline_stalled{reason="outage"}`, 0) })
}
