package deadletter_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/deadletter"
	"github.com/loaderline/loaderline/internal/envelope"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/sink"
)

// world is a broker with the topics in, of two partitions, and dead.
type world struct {
	*testing.T

	queue   deadletter.Queue
	cluster *kfake.Cluster
	client  *kgo.Client
	// limit is what the dead-letter topic takes.
	limit int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "in"), kfake.SeedTopics(1, "dead", "elsewhere"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	kafka := consumer.Kafka{Brokers: cluster.ListenAddrs()}
	return &world{T: t, cluster: cluster, client: client, limit: 1 << 20, queue: deadletter.Queue{Kafka: kafka, Topic: "dead", Pipeline: "p", Inputs: []string{"in"}}}
}

func (w *world) produce(r *kgo.Record) *kgo.Record {
	w.Helper()
	if err := w.client.ProduceSync(w.Context(), r).FirstErr(); err != nil {
		w.Fatal(err)
	}
	return r
}

// die publishes an event to partition 1 of the input, as the pipeline p would, and its dead letter.
func (w *world) die(event kgo.Record, f sink.Failure) *kgo.Record {
	w.Helper()
	return w.dieOf("p", event, f)
}

func (w *world) dieOf(pipeline string, event kgo.Record, f sink.Failure) *kgo.Record {
	w.Helper()
	event.Topic, event.Partition = "in", 1
	if event.Timestamp.IsZero() {
		event.Timestamp = time.UnixMilli(1_700_000_000_123)
	}
	src := w.produce(&event)
	s := envelope.New(envelope.Config{
		Config: sink.Config{DeadLetterTopic: "dead"}, Pipeline: pipeline, Version: "1", MaxMessageBytes: func(string) int { return w.limit },
	})
	dead := s.Batch(1).DeadLetter(src, f)
	dead.Partition = 0
	return w.produce(dead)
}

// list is what is listed, as "COUNT STATE KIND STAGE MESSAGE".
func (w *world) list(f deadletter.Filter) []string {
	w.Helper()
	sum, err := w.queue.List(w.Context(), f, nil)
	if err != nil {
		w.Fatal(err)
	}
	var table strings.Builder
	if err := deadletter.WriteTable(&table, sum.Groups, 0); err != nil {
		w.Fatal(err)
	}
	var lines []string
	for _, g := range sum.Groups {
		lines = append(lines, strings.Join([]string{string(rune('0' + g.Count)), string(g.State), g.Kind, g.Stage, g.Message}, " "))
	}
	if len(lines) > 0 && strings.Count(table.String(), "\n") != 1+len(lines) {
		w.Errorf("the table of %d groups is\n%s", len(lines), &table)
	}
	return lines
}

// redrive plans and runs one, and returns what was left open and why.
func (w *world) redrive(r deadletter.Redrive) (done deadletter.Outcome, leftOpen []string) {
	w.Helper()
	r.Queue = w.queue
	if r.Filter.State == "" {
		r.Filter.State = deadletter.Open
	}
	r.LeftOpen = func(l deadletter.Letter, err error) {
		leftOpen = append(leftOpen, l.String()+" "+err.Error())
	}
	plan, err := r.Plan(w.Context(), nil, nil)
	if err != nil {
		w.Fatal(err)
	}
	r.LeftOpen = nil
	if done, err = r.Run(w.Context(), plan); err != nil {
		w.Fatal(err)
	}
	if done.Redriven != plan.Redrive || done.Parked != plan.Park || done.LeftOpen != plan.LeftOpen {
		w.Errorf("planned %d, %d, %d and did %+v", plan.Redrive, plan.Park, plan.LeftOpen, done)
	}
	return done, leftOpen
}

// records are those of a topic that are committed.
func (w *world) records(topic string) []*kgo.Record {
	w.Helper()
	ends, err := kadm.NewClient(w.client).ListCommittedOffsets(w.Context(), topic)
	if err != nil {
		w.Fatal(err)
	}
	reader, err := kafkaadmin.NewClient(w.queue.Kafka, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords())
	if err != nil {
		w.Fatal(err)
	}
	defer reader.Close()
	left := map[int32]int64{}
	ends.Each(func(o kadm.ListedOffset) {
		if o.Offset > 0 {
			left[o.Partition] = o.Offset
		}
	})
	ctx, cancel := context.WithTimeout(w.Context(), 20*time.Second)
	defer cancel()
	var all []*kgo.Record
	for len(left) > 0 {
		fetches := reader.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			w.Fatal(err)
		}
		for r := range fetches.RecordsAll() {
			if !r.Attrs.IsControl() {
				all = append(all, r)
			}
			if r.Offset+1 >= left[r.Partition] {
				delete(left, r.Partition)
			}
		}
	}
	return all
}

// header is the value of a header, and whether it is there once.
func header(r *kgo.Record, key string) (string, bool) {
	n, value := 0, ""
	for _, h := range r.Headers {
		if h.Key == key {
			n++
			value = string(h.Value)
		}
	}
	return value, n == 1
}
