package session_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/internal/kafkaerr"
	"github.com/loaderline/loaderline/internal/session"
)

func TestOffsetOutOfRangeIsFatal(t *testing.T) {
	t.Parallel()
	eachDelivery(t, 1, 20, func(w *world, cfg session.Config) {
		t := w.t
		s := w.open(cfg)
		for n := 0; n < 20; {
			n += len(poll(t, s))
			commit(t, s, nil)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := w.admin.CommitAllOffsets(t.Context(), "g", at("in", 5)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.admin.DeleteRecords(t.Context(), at("in", 10)); err != nil {
			t.Fatal(err)
		}
		s = w.open(cfg)
		err := pollError(t, s)
		fetch, ok := errors.AsType[*kafkaerr.FetchError](err)
		if !ok || fetch.Topic != "in" || !errors.Is(err, kerr.OffsetOutOfRange) || !strings.Contains(err.Error(), "loaderline offsets set") || session.Recoverable(err) {
			t.Errorf("got %v", err)
		}
		if again := pollError(t, s); !errors.Is(again, err) {
			t.Errorf("the next poll returned no error: %v", again)
		}
	})
}

func TestRecreatedTopicIsFatal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.publish(0, 5, 1)
	cfg := w.config()
	cfg.Opts = func() []kgo.Opt { return []kgo.Opt{kgo.RetryBackoffFn(soon)} }
	s := w.open(cfg)
	poll(t, s)
	commit(t, s, nil)
	if _, err := w.admin.DeleteTopics(t.Context(), "in"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.admin.CreateTopic(t.Context(), 1, 1, nil, "in"); err != nil {
		t.Fatal(err)
	}
	err := pollError(t, s)
	if _, ok := errors.AsType[*kafkaerr.FetchError](err); !ok || !errors.Is(err, kerr.UnknownTopicID) || !strings.Contains(err.Error(), "created anew") {
		t.Errorf("got %v", err)
	}
}

// Which command lets the pipeline continue depends on the topic's use.
func TestFetchErrorsNameTheCommand(t *testing.T) {
	t.Parallel()
	for _, err := range []error{kerr.UnknownTopicID, kerr.InconsistentTopicID, kerr.OffsetOutOfRange} {
		for retry, command := range map[bool]string{false: "loaderline offsets set", true: "loaderline offsets accept"} {
			if text := (&kafkaerr.FetchError{Topic: "t", Retry: retry, Err: err}).Error(); !strings.Contains(text, command) {
				t.Errorf("retry %t: no %q in %q", retry, command, text)
			}
		}
	}
}

func TestRecreatedRetryTopicIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, kfake.SeedTopics(1, "retry"))
	cfg := w.config()
	cfg.Retry = session.Retry{Topics: []string{"retry"}, Due: func(*kgo.Record) time.Time { return time.Time{} }}
	s := w.open(cfg)
	w.publish(0, 5, 1)
	poll(t, s)
	commit(t, s, nil)
	if _, err := w.admin.DeleteTopics(t.Context(), "retry"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.admin.CreateTopic(t.Context(), 1, 1, nil, "retry"); err != nil {
		t.Fatal(err)
	}
	err := pollError(t, s)
	if problem, ok := errors.AsType[*kafkaerr.FetchError](err); !ok || !problem.Retry || problem.Topic != "retry" {
		t.Errorf("got %v", err)
	}
}

func TestFetchErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		key   kmsg.Key
		err   *kerr.Error
		fatal bool
	}{
		{"denied topic", kmsg.Fetch, kerr.TopicAuthorizationFailed, true},
		{"denied group", kmsg.JoinGroup, kerr.GroupAuthorizationFailed, true},
		{"leader moved", kmsg.Fetch, kerr.NotLeaderForPartition, false},
		{"hiccup", kmsg.Fetch, kerr.UnknownServerError, false},
		{"protocol", kmsg.JoinGroup, kerr.InconsistentGroupProtocol, true},
		{"disk", kmsg.Fetch, kerr.KafkaStorageError, false},
		{"coordinator moved", kmsg.JoinGroup, kerr.NotCoordinator, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			w.publish(0, 5, 1)
			w.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{tt.key}, Err: tt.err, TopLevel: tt.key == kmsg.JoinGroup})
			s := w.open(w.config())
			if !tt.fatal {
				commit(t, s, echo(poll(t, s)))
				return
			}
			if err := pollError(t, s); !errors.Is(err, tt.err) || session.Recoverable(err) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A batch that is small as it comes and huge once it is decompressed stops the partition, and says how to go past it.
func TestDecompressionBombIsFatal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	const bomb = 65 << 20
	cl, err := kgo.NewClient(kgo.SeedBrokers(w.brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchCompression(kgo.GzipCompression()), kgo.ProducerBatchMaxBytes(2*bomb), kgo.BrokerMaxWriteBytes(4*bomb))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	if err := cl.ProduceSync(t.Context(), &kgo.Record{Topic: "in", Value: make([]byte, bomb)}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	err = pollError(t, w.open(w.config()))
	if _, ok := errors.AsType[*kafkaerr.FetchError](err); !ok || session.Recoverable(err) || !strings.Contains(err.Error(), "skip that batch with loaderline offsets set") {
		t.Errorf("got %v", err)
	}
}

func at(topic string, offset int64) kadm.Offsets {
	offsets := make(kadm.Offsets)
	offsets.AddOffset(topic, 0, offset, -1)
	return offsets
}

// soon is a backoff of a test: the client tries several times before it takes a topic's ID for gone.
func soon(int) time.Duration { return 20 * time.Millisecond }
