package session_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/session"
	"github.com/loaderline/loaderline/testenv"
)

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
				refused, is := errors.AsType[*session.RejectedError](err)
				if ok || !is || !errors.Is(err, tt.reason) || len(refused.Records) != 1 || refused.Records[0].Record != &bad {
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
		if refused, is := errors.AsType[*session.RejectedError](err); !is || len(refused.Records) > 0 {
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
