package session_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/session"
)

const patience = 20 * time.Second

// world is a cluster with the topics in and out, and a client to look at it.
type world struct {
	t       *testing.T
	cluster *kfake.Cluster
	brokers []string
	cl      *kgo.Client
	admin   *kadm.Client
}

func newWorld(t *testing.T, partitions int32, opts ...kfake.Opt) *world {
	t.Helper()
	opts = append([]kfake.Opt{
		kfake.NumBrokers(1),
		kfake.SeedTopics(partitions, "in", "out"),
		kfake.GroupMinSessionTimeout(100 * time.Millisecond),
		kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"}),
	}, opts...)
	cluster, err := kfake.NewCluster(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	w := &world{t: t, cluster: cluster, brokers: cluster.ListenAddrs()}
	if w.cl, err = kgo.NewClient(kgo.SeedBrokers(w.brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.cl.Close)
	w.admin = kadm.NewClient(w.cl)
	return w
}

func (w *world) config() session.Config {
	return session.Config{Name: "pipeline", Config: consumer.Config{
		Kafka: consumer.Kafka{Brokers: w.brokers},
		Group: "g", Topics: []string{"in"}, Instance: "one",
		Linger: 5 * time.Millisecond,
	}}
}

func (w *world) open(cfg session.Config) *session.Session {
	w.t.Helper()
	s, err := session.Open(w.t.Context(), cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = s.Close(ctx) // Closed before in some tests.
	})
	return s
}

// publish puts n numbered records on the partitions of in, in turn.
func (w *world) publish(from, n, partitions int) {
	w.t.Helper()
	records := make([]*kgo.Record, n)
	for i := range records {
		text := fmt.Sprintf("r%d", from+i)
		records[i] = &kgo.Record{Topic: "in", Partition: int32(i % partitions), Key: []byte(text), Value: []byte(text)}
	}
	if err := w.cl.ProduceSync(w.t.Context(), records...).FirstErr(); err != nil {
		w.t.Fatal(err)
	}
}

// committed reads topic with read_committed to its end, waiting for transactions
// that are about to end, and gives the values in order of
// partition and offset.
func (w *world) committed(topic string) []string {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	ends, err := w.admin.ListEndOffsets(ctx, topic)
	if err != nil {
		w.t.Fatal(err)
	}
	cl, err := kgo.NewClient(kgo.SeedBrokers(w.brokers...), kgo.ConsumeTopics(topic), kgo.FetchMaxWait(100*time.Millisecond),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords())
	if err != nil {
		w.t.Fatal(err)
	}
	defer cl.Close()
	var records []*kgo.Record
	next := make(map[int32]int64)
	atEnd := func() bool {
		for _, end := range ends.Offsets().Sorted() {
			if next[end.Partition] < end.At {
				return false
			}
		}
		return true
	}
	for !atEnd() {
		fetches := cl.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			w.t.Fatal(err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			next[r.Partition] = r.Offset + 1
			if !r.Attrs.IsControl() {
				records = append(records, r)
			}
		})
	}
	slices.SortFunc(records, func(a, b *kgo.Record) int {
		if a.Partition != b.Partition {
			return int(a.Partition - b.Partition)
		}
		return int(a.Offset - b.Offset)
	})
	return values(records)
}

func (w *world) topicID(topic string) [16]byte {
	w.t.Helper()
	details, err := w.admin.ListTopics(w.t.Context(), topic)
	if err != nil {
		w.t.Fatal(err)
	}
	return details[topic].ID
}

// offsets returns the group's committed offsets by partition of in.
func (w *world) offsets() map[int32]int64 {
	w.t.Helper()
	resp, err := w.admin.FetchOffsets(w.t.Context(), "g")
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		w.t.Fatal(err)
	}
	offsets := make(map[int32]int64)
	resp.Offsets().Each(func(o kadm.Offset) { offsets[o.Partition] = o.At })
	return offsets
}

// poll polls until there is a batch.
func poll(t *testing.T, s *session.Session) []*kgo.Record {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		batch, err := s.Poll(ctx)
		if err != nil {
			t.Fatalf("poll: %v", err)
		}
		if len(batch) > 0 {
			return batch
		}
	}
}

// pollError polls until there is an error.
func pollError(t *testing.T, s *session.Session) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		batch, err := s.Poll(ctx)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			t.Fatal("no error came")
		case err != nil:
			return err
		case len(batch) > 0:
			t.Fatalf("got records %v, want an error", values(batch))
		}
	}
}

func commit(t *testing.T, s *session.Session, out []*kgo.Record) {
	t.Helper()
	if ok, err := s.Commit(t.Context(), out); !ok || err != nil {
		t.Fatalf("commit: %t, %v", ok, err)
	}
}

// echo makes an output for every input.
func echo(batch []*kgo.Record) []*kgo.Record {
	out := make([]*kgo.Record, len(batch))
	for i, r := range batch {
		out[i] = &kgo.Record{Topic: "out", Key: r.Key, Value: r.Value}
	}
	return out
}

func values(records []*kgo.Record) []string {
	texts := make([]string, len(records))
	for i, r := range records {
		texts[i] = string(r.Value)
	}
	return texts
}

// numbered is the values that publish gives from a number on.
func numbered(from, n int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = fmt.Sprintf("r%d", from+i)
	}
	return texts
}

func sorted(texts []string) []string {
	slices.SortFunc(texts, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	return texts
}
