package session_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/session"
	"github.com/loaderline/loaderline/testenv"
)

// These tests are about what the in-process broker does not do as Kafka does.

// realWorld has new topics on a real broker, as w.config's Topics and as out.
func realWorld(t *testing.T, partitions int) (w *world, cfg session.Config, out string) {
	t.Helper()
	w = &world{t: t, brokers: []string{testenv.Kafka(t)}}
	var err error
	if w.cl, err = kgo.NewClient(kgo.SeedBrokers(w.brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.cl.Close)
	w.admin = kadm.NewClient(w.cl)
	in, out := testenv.Topic(t, "in", partitions), testenv.Topic(t, "out", partitions, "max.message.bytes=3000")
	cfg = w.config()
	cfg.Group, cfg.Name, cfg.Topics = in, in, []string{in}
	cfg.SessionTimeout = 6 * time.Second
	return w, cfg, out
}

func echoTo(topic string, batch []*kgo.Record) []*kgo.Record {
	out := echo(batch)
	for _, r := range out {
		r.Topic = topic
	}
	return out
}

// process echoes to a topic until n records are committed, and returns them. On
// a busy machine a batch may be aborted on the way, which is no error.
func process(t *testing.T, s *session.Session, topic string, n int) []string {
	t.Helper()
	var done []string
	for end := time.Now().Add(2 * patience); len(done) < n; {
		batch := poll(t, s)
		ok, err := s.Commit(t.Context(), echoTo(topic, batch))
		if err != nil || time.Now().After(end) {
			t.Fatalf("commit: %t, %v", ok, err)
		}
		if ok {
			done = append(done, values(batch)...)
		}
	}
	return done
}

func publishTo(t *testing.T, w *world, topic string, from, n, partitions int) {
	t.Helper()
	var records []*kgo.Record
	for i, text := range numbered(from, n) {
		records = append(records, &kgo.Record{Topic: topic, Partition: int32(i % partitions), Value: []byte(text)})
	}
	if err := w.cl.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// TestIdentityOnKafka has static members whose names are alike.
func TestIdentityOnKafka(t *testing.T) {
	t.Parallel()
	w, cfg, out := realWorld(t, 2)
	cfg.StaticMembership = true
	publishTo(t, w, cfg.Topics[0], 0, 20, 2)
	name := cfg.Name
	first, second := cfg, cfg
	first.Name, first.Instance = name, "eu-host"
	second.Name, second.Instance, second.Group = name+"-eu", "host", cfg.Group+"-2"
	one := w.open(first)
	process(t, one, out, 20)
	w.open(second)
	publishTo(t, w, cfg.Topics[0], 20, 1, 1)
	if got := process(t, one, out, 1); len(got) != 1 {
		t.Errorf("the first session got %v", got)
	}
}

// TestStartOnKafka aborts the first transaction of a group that starts at the
// latest offsets.
func TestStartOnKafka(t *testing.T) {
	t.Parallel()
	for _, delivery := range deliveries() {
		t.Run(delivery.String(), func(t *testing.T) {
			t.Parallel()
			w, cfg, out := realWorld(t, 1)
			cfg.Delivery, cfg.Start.From = delivery, consumer.StartLatest
			publishTo(t, w, cfg.Topics[0], 0, 20, 1)
			s := w.open(cfg)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			for committed := false; !committed; { // Its start offset.
				if _, err := s.Poll(ctx); err != nil {
					t.Fatal(err)
				}
				offsets, err := w.admin.FetchOffsets(ctx, cfg.Group)
				_, committed = offsets.Lookup(cfg.Topics[0], 0)
				if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
					t.Fatal(err)
				}
			}
			publishTo(t, w, cfg.Topics[0], 20, 5, 1)
			poll(t, s)
			if ok, err := s.Commit(t.Context(), []*kgo.Record{{Topic: out, Value: []byte("x")}, {Topic: "nowhere"}}); ok || err == nil {
				t.Fatalf("commit: %t, %v", ok, err)
			}
			if diff := cmp.Diff(numbered(20, 5), process(t, s, out, 5)); diff != "" {
				t.Errorf("consumed (-want +got):\n%s", diff)
			}
		})
	}
}

// TestCloseWhileTheGroupWaits closes a session while the group waits for
// another member to join again, as it does for one that was killed: to leave
// does not wait for that.
func TestCloseWhileTheGroupWaits(t *testing.T) {
	for _, delivery := range deliveries() {
		t.Run(delivery.String(), func(t *testing.T) {
			t.Parallel()
			w, cfg, _ := realWorld(t, 1)
			publishTo(t, w, cfg.Topics[0], 0, 20, 1)
			cfg.Delivery = delivery
			older := w.open(cfg)
			poll(t, older) // Its batch keeps the group waiting.
			cfg.Worker = 1
			newer := w.open(cfg)
			awaitState(t, w, cfg.Group, "PreparingRebalance")
			began := time.Now()
			if err := newer.Close(t.Context()); err != nil {
				t.Error(err)
			}
			if took := time.Since(began); took > cfg.SessionTimeout/2 {
				t.Errorf("it closed after %v", took)
			}
		})
	}
}

func awaitState(t *testing.T, w *world, group, state string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		described, err := w.admin.DescribeGroups(ctx, group)
		if err != nil {
			t.Fatal(err)
		}
		if described[group].State == state {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}
