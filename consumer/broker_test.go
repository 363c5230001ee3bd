package consumer_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/testenv"
)

// These tests are about what the in-process broker does not do as Kafka does.

// realWorld has topics of its own on a real broker, as w.config's Topics and
// as out.
func realWorld(t *testing.T, partitions int) (w *world, cfg consumer.Config, out string) {
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
func process(t *testing.T, s *consumer.Session, topic string, n int) []string {
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

// TestSameInstanceTwice opens two sessions with one identity: the older one
// is told that it is fenced, and publishes nothing.
func TestSameInstanceTwice(t *testing.T) {
	t.Parallel()
	w, cfg, out := realWorld(t, 1)
	publishTo(t, w, cfg.Topics[0], 0, 20, 1)
	older := w.open(cfg)
	held := poll(t, older)
	newer := w.open(cfg)
	ok, err := older.Commit(t.Context(), echoTo(out, held))
	if ok || !errors.Is(err, consumer.ErrFenced) || !consumer.Recoverable(err) {
		t.Fatalf("commit of the older session: %t, %v", ok, err)
	}
	if err := older.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	process(t, newer, out, 20)
	if diff := cmp.Diff(numbered(0, 20), w.committed(out)); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

// TestPredecessorsTransaction opens a session while the transaction of a
// crashed one is open: it is aborted at once, not at its timeout.
func TestPredecessorsTransaction(t *testing.T) {
	t.Parallel()
	w, cfg, out := realWorld(t, 1)
	crashed, err := kgo.NewClient(kgo.SeedBrokers(w.brokers...), kgo.TransactionTimeout(time.Minute),
		kgo.TransactionalID(cfg.Name+"/"+cfg.Instance+"/0"))
	if err != nil {
		t.Fatal(err)
	}
	defer crashed.Close()
	if err := crashed.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	if err := crashed.ProduceSync(t.Context(), &kgo.Record{Topic: out, Value: []byte("half")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	publishTo(t, w, cfg.Topics[0], 0, 5, 1)
	began := time.Now()
	s := w.open(cfg)
	process(t, s, out, 5)
	if diff := cmp.Diff(numbered(0, 5), w.committed(out)); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("visible after %v", took)
	}
}

// TestTransactionTimeout lets the broker end a transaction that is too slow.
func TestTransactionTimeout(t *testing.T) {
	t.Parallel()
	w, cfg, out := realWorld(t, 1)
	cfg.TransactionTimeout = time.Second
	cfg.CommitTimeout = 20 * time.Second
	publishTo(t, w, cfg.Topics[0], 0, 5, 1)
	var hang hangFirstEnd
	cfg.Opts = func() []kgo.Opt { return []kgo.Opt{kgo.WithHooks(&hang)} }
	s := w.open(cfg)
	batch := poll(t, s)
	hang.armed = true
	ok, err := s.Commit(t.Context(), echoTo(out, batch))
	if ok || !consumer.Recoverable(err) || errors.Is(err, consumer.ErrFenced) {
		t.Fatalf("commit: %t, %v", ok, err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	cfg.Opts, cfg.TransactionTimeout = nil, 0
	next := w.open(cfg)
	process(t, next, out, 5)
	if diff := cmp.Diff(numbered(0, 5), w.committed(out)); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

// hangFirstEnd holds the client up once between publishing and EndTxn, for
// longer than the broker looks for slow transactions.
type hangFirstEnd struct{ armed bool }

func (h *hangFirstEnd) OnProduceRecordUnbuffered(*kgo.Record, error) {
	if h.armed {
		h.armed = false
		time.Sleep(12 * time.Second)
	}
}

// TestBrokerRefusesRecords has one record among good ones that a broker does
// not take, in a batch that it refuses as a whole.
func TestBrokerRefusesRecords(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		topic  []string // Settings.
		bad    kgo.Record
		reason error
	}{
		{"too large", []string{"max.message.bytes=3000"}, kgo.Record{Key: []byte("k"), Value: make([]byte, 4000)}, kerr.MessageTooLarge},
		{"no key where topics are compacted", []string{"cleanup.policy=compact"}, kgo.Record{Value: []byte("v")}, kerr.InvalidRecord},
		{"a time of long ago", []string{"message.timestamp.before.max.ms=60000"}, kgo.Record{Key: []byte("k"), Timestamp: time.Unix(0, 0)}, kerr.InvalidTimestamp},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, delivery := range deliveries() {
				w, cfg, _ := realWorld(t, 1)
				out := testenv.Topic(t, "out", 2, tt.topic...)
				cfg.Delivery = delivery
				cfg.Opts = func() []kgo.Opt { return []kgo.Opt{kgo.ProducerBatchCompression(kgo.NoCompression())} }
				publishTo(t, w, cfg.Topics[0], 0, 5, 1)
				s := w.open(cfg)
				before := values(poll(t, s))
				bad := tt.bad
				bad.Topic = out
				var all []*kgo.Record
				for i := range 41 {
					all = append(all, &kgo.Record{Topic: out, Key: fmt.Append(nil, i), Value: []byte("good")})
				}
				all[17] = &bad
				ok, err := s.Commit(t.Context(), all)
				refused, is := errors.AsType[*consumer.ProduceError](err)
				if ok || !is || !errors.Is(err, tt.reason) || len(refused.Records) != 1 || refused.Records[0].Record != &bad || refused.OfTopic {
					t.Fatalf("%s: commit: %t, %v: %+v", delivery, ok, err, refused)
				}
				if got := w.committed(out); delivery == consumer.ExactlyOnce && len(got) > 0 {
					t.Errorf("visible: %v", got)
				}
				again := poll(t, s)
				if diff := cmp.Diff(before, values(again)); diff != "" {
					t.Errorf("%s: polled again (-want +got):\n%s", delivery, diff)
				}
				good := make([]*kgo.Record, len(again))
				for i, r := range again {
					good[i] = &kgo.Record{Topic: out, Key: []byte("k"), Value: r.Value}
				}
				commit(t, s, good)
			}
		})
	}
}

// TestLimitIsLowered has a topic that takes less than the client knows of, but
// every single record.
func TestLimitIsLowered(t *testing.T) {
	t.Parallel()
	w, cfg, out := realWorld(t, 1) // It takes 3000 bytes.
	cfg.Opts = func() []kgo.Opt { return []kgo.Opt{kgo.ProducerBatchCompression(kgo.NoCompression())} }
	publishTo(t, w, cfg.Topics[0], 0, 60, 1)
	s := w.open(cfg)
	refusals := 0
	for done := 0; done < 60; {
		batch := poll(t, s)
		all := echoTo(out, batch)
		for _, r := range all {
			r.Headers = []kgo.RecordHeader{{Key: "padding", Value: make([]byte, 1000)}}
		}
		ok, err := s.Commit(t.Context(), all)
		if ok {
			done += len(batch)
			continue
		}
		if refused, is := errors.AsType[*consumer.ProduceError](err); !is || len(refused.Records) > 0 || refused.OfTopic {
			t.Fatalf("commit: %t, %v", ok, err)
		}
		if refusals++; refusals > 3 {
			t.Fatal("it does not learn what the topic takes")
		}
	}
	if diff := cmp.Diff(numbered(0, 60), w.committed(out)); diff != "" || refusals == 0 {
		t.Errorf("outcomes after %d refusals (-want +got):\n%s", refusals, diff)
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
