package consumer_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/sink"
)

// TestRefusedRecordCommitsNothing has one bad record among good ones.
func TestRefusedRecordCommitsNothing(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		bad    *kgo.Record
		fault  *kfake.Fault
		reason error
		says   string
		topic  bool // It is at fault.
	}{
		{
			name:   "too large for the client",
			bad:    &kgo.Record{Topic: "out", Value: make([]byte, 5000)},
			reason: kerr.MessageTooLarge, says: "max.message.bytes",
		},
		{
			name:   "too large for the broker",
			bad:    &kgo.Record{Topic: "dead", Value: []byte("bad")},
			fault:  &kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "dead", Err: kerr.MessageTooLarge, Count: 2},
			reason: kerr.MessageTooLarge, says: "max.message.bytes",
		},
		{
			name:   "without a key",
			bad:    &kgo.Record{Topic: "dead", Value: []byte("bad")},
			fault:  &kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "dead", Err: kerr.InvalidRecord, Count: 2},
			reason: kerr.InvalidRecord, says: "publish to topic dead",
		},
		{
			name:   "denied",
			bad:    &kgo.Record{Topic: "dead", Value: []byte("bad")},
			fault:  &kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "dead", Err: kerr.TopicAuthorizationFailed},
			reason: kerr.TopicAuthorizationFailed, says: "allow this user", topic: true,
		},
		{
			name:   "missing topic",
			bad:    &kgo.Record{Topic: "nowhere", Value: []byte("bad")},
			reason: kerr.UnknownTopicOrPartition, says: "create the topic", topic: true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, delivery := range deliveries() {
				t.Run(delivery.String(), func(t *testing.T) {
					t.Parallel()
					w := newWorld(t, 1, kfake.SeedTopics(1, "dead"))
					w.publish(0, 10, 1)
					cfg := w.config()
					cfg.Delivery = delivery
					cfg.MaxMessageBytes = func(string) int { return 4000 }
					s := w.open(cfg)
					before := values(poll(t, s))
					if tt.fault != nil {
						w.cluster.Fault(*tt.fault)
					}
					bad := *tt.bad // Each delivery publishes its own.
					out := append([]*kgo.Record{{Topic: "out", Value: []byte("good")}}, &bad)
					ok, err := s.Commit(t.Context(), out)
					refused, isRefused := errors.AsType[*consumer.ProduceError](err)
					if ok || !isRefused {
						t.Fatalf("commit: %t, %v", ok, err)
					}
					if alone := len(refused.Records) == 1 && refused.Records[0].Record == &bad; alone == tt.topic || refused.OfTopic != tt.topic {
						t.Errorf("at fault: %+v, topic %t", refused.Records, refused.OfTopic)
					}
					if refused.Topic != tt.bad.Topic || !errors.Is(err, tt.reason) || !strings.Contains(err.Error(), tt.says) {
						t.Errorf("refused %+v: %v", refused, err)
					}
					if consumer.Recoverable(err) {
						t.Error("a new session is no help")
					}
					if got := w.offsets()[0]; got != 0 {
						t.Errorf("offset moved to %d", got)
					}
					if got := w.committed("out"); delivery == consumer.ExactlyOnce && len(got) > 0 {
						t.Errorf("visible: %v", got)
					}
					again := poll(t, s)
					if diff := cmp.Diff(before, values(again)); diff != "" {
						t.Fatalf("polled again (-want +got):\n%s", diff)
					}
					commit(t, s, echo(again))
					if got := w.offsets()[0]; got != int64(len(again)) {
						t.Errorf("offset %d after the commit", got)
					}
				})
			}
		})
	}
}

// TestLimitIsTheSinks holds sink and client to the same size of a record.
func TestLimitIsTheSinks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.publish(0, 1, 1)
	cfg := w.config()
	record := func() *kgo.Record {
		return &kgo.Record{Topic: "out", Key: []byte("key"), Value: make([]byte, 3000), Headers: []kgo.RecordHeader{{Key: "h", Value: []byte("v")}}}
	}
	limit := sink.WireSize(record())
	for _, tt := range []struct {
		limit int
		fits  bool
	}{{limit, true}, {limit - 1, false}} {
		cfg.MaxMessageBytes = func(string) int { return tt.limit }
		cfg.Group = "g" + map[bool]string{true: "1", false: "2"}[tt.fits]
		s := w.open(cfg)
		poll(t, s)
		ok, err := s.Commit(t.Context(), []*kgo.Record{record()})
		if ok != tt.fits || (err == nil) != tt.fits {
			t.Errorf("limit %d: %t, %v", tt.limit, ok, err)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestBurstLargerThanTheBuffers publishes more records at once than the client
// buffers.
func TestBurstLargerThanTheBuffers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.publish(0, 1, 1)
	cfg := w.config()
	cfg.Opts = func() []kgo.Opt { return []kgo.Opt{kgo.MaxBufferedRecords(100)} }
	s := w.open(cfg)
	poll(t, s)
	out := make([]*kgo.Record, 6000)
	for i := range out {
		out[i] = &kgo.Record{Topic: "out", Value: make([]byte, 1500)}
	}
	commit(t, s, out)
	if got := len(w.committed("out")); got != len(out) {
		t.Errorf("%d records are visible, want %d", got, len(out))
	}
}

// TestSessionEnds has errors of the producer, not of a record.
func TestSessionEnds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		key         kmsg.Key
		err         *kerr.Error
		fenced      bool
		recoverable bool
	}{
		{"refused for no record's fault", kmsg.Produce, kerr.InvalidRequiredAcks, false, true},
		{"fenced while publishing", kmsg.Produce, kerr.InvalidProducerEpoch, true, true},
		{"fenced while committing offsets", kmsg.TxnOffsetCommit, kerr.ProducerFenced, true, true},
		{"fenced at the end", kmsg.EndTxn, kerr.ProducerFenced, true, true},
		{"fenced as it ends", kmsg.EndTxn, kerr.InvalidTxnState, true, true},
		{"producer forgotten", kmsg.EndTxn, kerr.InvalidProducerIDMapping, false, true},
		{"not allowed", kmsg.EndTxn, kerr.TransactionalIDAuthorizationFailed, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			w.publish(0, 10, 1)
			s := w.open(w.config())
			batch := poll(t, s)
			fault := w.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{tt.key}, Err: tt.err, Count: -1, TopLevel: tt.key == kmsg.EndTxn})
			ok, err := s.Commit(t.Context(), echo(batch))
			fault.Remove()
			if ok || err == nil {
				t.Fatalf("commit: %t, %v", ok, err)
			}
			if errors.Is(err, consumer.ErrFenced) != tt.fenced || consumer.Recoverable(err) != tt.recoverable {
				t.Errorf("fenced %t, recoverable %t: %v", errors.Is(err, consumer.ErrFenced), consumer.Recoverable(err), err)
			}
			if _, again := s.Poll(t.Context()); !errors.Is(again, tt.err) {
				t.Errorf("poll on a session that ended: %v", again)
			}
			if err := s.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			next := w.open(w.config())
			for n := 0; n < 10; {
				batch := poll(t, next)
				commit(t, next, echo(batch))
				n += len(batch)
			}
			if diff := cmp.Diff(numbered(0, 10), w.committed("out")); diff != "" {
				t.Errorf("outcomes (-want +got):\n%s", diff)
			}
		})
	}
}

// TestFencedOvertime has a transaction that took longer than the broker lets
// one last: being fenced is no sign of another process then.
func TestFencedOvertime(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		slow    time.Duration
		because error
		not     error
	}{
		{"in time", 0, consumer.ErrFenced, consumer.ErrTransactionTimeout},
		{"overtime", 1100 * time.Millisecond, consumer.ErrTransactionTimeout, consumer.ErrFenced},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			w.publish(0, 1, 1)
			cfg := w.config()
			cfg.TransactionTimeout = time.Second
			cfg.Opts = func() []kgo.Opt { return []kgo.Opt{kgo.WithHooks(slowOffsets(tt.slow))} }
			s := w.open(cfg)
			batch := poll(t, s)
			w.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.EndTxn}, Err: kerr.ProducerFenced, TopLevel: true})
			ok, err := s.Commit(t.Context(), echo(batch))
			if ok || !errors.Is(err, tt.because) || errors.Is(err, tt.not) || !consumer.Recoverable(err) {
				t.Errorf("commit: %t, %v", ok, err)
			}
		})
	}
}

// slowOffsets is how late the answer to an offset commit of a transaction is.
type slowOffsets time.Duration

func (d slowOffsets) OnBrokerRead(_ kgo.BrokerMetadata, key int16, _ int, _, _ time.Duration, _ error) {
	if key == int16(kmsg.TxnOffsetCommit) {
		time.Sleep(time.Duration(d))
	}
}

// TestCommitEndsWithItsContext has a broker that does not answer.
func TestCommitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	for _, delivery := range deliveries() {
		t.Run(delivery.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			w.publish(0, 10, 1)
			cfg := w.config()
			cfg.Delivery = delivery
			s := w.open(cfg)
			batch := poll(t, s)
			w.cluster.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			began := time.Now()
			ok, err := s.Commit(ctx, echo(batch))
			if ok || !consumer.Recoverable(err) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("commit: %t, %v", ok, err)
			}
			if err := s.Close(ctx); err == nil || !consumer.Recoverable(err) {
				t.Errorf("close: %v", err)
			}
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}
