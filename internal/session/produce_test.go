package session_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/envelope"
	"github.com/loaderline/loaderline/internal/kafkaerr"
	"github.com/loaderline/loaderline/internal/session"
)

// refusal is a record that Kafka does not take.
type refusal struct {
	name   string
	bad    *kgo.Record
	fault  *kfake.Fault
	reason error
	says   string
	topic  bool // It is at fault.
}

// check checks the error of a commit with the bad record, which is the caller's copy of r.bad.
func (r refusal) check(t *testing.T, err error, bad *kgo.Record) {
	t.Helper()
	refused, isRefused := errors.AsType[*kafkaerr.ProduceError](err)
	rejected, isRejected := errors.AsType[*session.RejectedError](err)
	if !isRefused {
		t.Fatalf("commit: %v", err)
	}
	if alone := isRejected && len(rejected.Records) == 1 && rejected.Records[0].Record == bad; alone == r.topic || isRejected == r.topic {
		t.Errorf("at fault: %+v", rejected)
	}
	if refused.Topic != r.bad.Topic || !errors.Is(err, r.reason) || !strings.Contains(err.Error(), r.says) {
		t.Errorf("refused %+v: %v", refused, err)
	}
	if session.Recoverable(err) {
		t.Error("a new session is no help")
	}
}

// TestRefusedRecordCommitsNothing has one bad record among good ones.
func TestRefusedRecordCommitsNothing(t *testing.T) {
	t.Parallel()
	tests := []refusal{
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
			eachDelivery(t, 1, 10, func(w *world, cfg session.Config) {
				t := w.t
				cfg.MaxMessageBytes = func(string) int { return 4000 }
				s := w.open(cfg)
				before := values(poll(t, s))
				if tt.fault != nil {
					w.cluster.Fault(*tt.fault)
				}
				bad := *tt.bad // Each delivery publishes its own.
				out := append([]*kgo.Record{{Topic: "out", Value: []byte("good")}}, &bad)
				ok, err := s.Commit(t.Context(), out)
				if ok {
					t.Fatalf("commit: %t, %v", ok, err)
				}
				tt.check(t, err, &bad)
				if got := w.offsets()[0]; got != 0 {
					t.Errorf("offset moved to %d", got)
				}
				if got := w.committed("out"); cfg.Delivery == consumer.ExactlyOnce && len(got) > 0 {
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
			}, kfake.SeedTopics(1, "dead"))
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
	limit := envelope.WireSize(record())
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
