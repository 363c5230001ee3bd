package session_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/kafkaerr"
	"github.com/loaderline/loaderline/internal/session"
	"github.com/loaderline/loaderline/testenv"
)

func TestDescribe(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	k := consumer.Kafka{Brokers: w.brokers}
	specs := []kafkaadmin.TopicSpec{
		{Name: "small", Partitions: 2, ReplicationFactor: 1, Configs: map[string]string{"max.message.bytes": "2000"}},
		{Name: "in", Partitions: 9},
	}
	if err := kafkaadmin.CreateTopics(t.Context(), k, specs...); err != nil {
		t.Fatal(err)
	}
	got, err := kafkaadmin.Describe(t.Context(), k, "in", "small", "no1", "no2")
	missing, ok := errors.AsType[*kafkaerr.TopicMissingError](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	if diff := cmp.Diff([]string{"no1", "no2"}, missing.Topics); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	defaults, err := kafkaadmin.Describe(t.Context(), k, "in")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]kafkaadmin.TopicInfo{
		"in":    {ID: w.topicID("in"), Partitions: 3, MaxMessageBytes: defaults["in"].MaxMessageBytes},
		"small": {ID: w.topicID("small"), Partitions: 2, MaxMessageBytes: 2000},
	}
	if diff := cmp.Diff(want, got); diff != "" || want["in"].MaxMessageBytes < 1_000_000 {
		t.Errorf("topics (-want +got):\n%s", diff)
	}
	w.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.CreateTopics}, Topic: "bad", Err: kerr.PolicyViolation})
	if err := kafkaadmin.CreateTopics(t.Context(), k, kafkaadmin.TopicSpec{Name: "bad"}, kafkaadmin.TopicSpec{Name: "made"}); err == nil || !strings.Contains(err.Error(), "create kafka topic bad") {
		t.Errorf("a topic against the policy: %v", err)
	}
	if _, err := kafkaadmin.Describe(t.Context(), k, "made"); err != nil {
		t.Errorf("the other topic was not created: %v", err)
	}
}

// TestCreateTopicsWaits has a broker that does not know of a topic yet when it
// was just created.
func TestCreateTopicsWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	k := consumer.Kafka{Brokers: w.brokers}
	w.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Metadata}, Topic: "made", Err: kerr.UnknownTopicOrPartition, Count: 2})
	if err := kafkaadmin.CreateTopics(t.Context(), k, kafkaadmin.TopicSpec{Name: "made"}); err != nil {
		t.Fatal(err)
	}
	if _, err := kafkaadmin.Describe(t.Context(), k, "made"); err != nil {
		t.Error(err)
	}
}

func TestDescribeWithoutRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.DescribeConfigs}, Resource: "out", Err: kerr.TopicAuthorizationFailed, Count: -1})
	got, err := kafkaadmin.Describe(t.Context(), consumer.Kafka{Brokers: w.brokers}, "out")
	if err != nil {
		t.Fatal(err)
	}
	if info := got["out"]; info.MaxMessageBytes != 1_000_012 || info.Partitions != 1 {
		t.Errorf("got %+v", info)
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	free, err := testenv.FreeAddresses(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	address := free[0]
	cfg := session.Config{Name: "n", Config: consumer.Config{
		Kafka: consumer.Kafka{Brokers: []string{address}}, Group: "g", Topics: []string{"in"}, Instance: "i", CommitTimeout: time.Second,
	}, ReachTimeout: 600 * time.Millisecond}
	began := time.Now()
	_, err = session.Open(t.Context(), cfg)
	if _, ok := errors.AsType[*kafkaerr.UnreachableError](err); !ok || !strings.Contains(err.Error(), address) || !strings.Contains(err.Error(), "refused") || !session.Recoverable(err) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took < 500*time.Millisecond || took > 5*time.Second {
		t.Errorf("tried for %v", took)
	}
}

// TestOpenWithoutLeader has a topic that is not well for longer than Open
// waits, as while brokers restart.
func TestOpenWithoutLeader(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Metadata}, Topic: "in", Err: kerr.LeaderNotAvailable, Count: -1})
	cfg := w.config()
	cfg.CommitTimeout = time.Second
	_, err := session.Open(t.Context(), cfg)
	if _, ok := errors.AsType[*kafkaerr.UnreachableError](err); !ok || !errors.Is(err, kerr.LeaderNotAvailable) || !session.Recoverable(err) {
		t.Errorf("got %v", err)
	}
}

func TestOpenIsInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := newWorld(t, 1)
	if _, err := session.Open(ctx, w.config()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestOpenWithoutTopic(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	cfg := w.config()
	cfg.Topics = []string{"in", "nowhere"}
	_, err := session.Open(t.Context(), cfg)
	missing, ok := errors.AsType[*kafkaerr.TopicMissingError](err)
	if !ok || len(missing.Topics) != 1 || missing.Topics[0] != "nowhere" || session.Recoverable(err) {
		t.Errorf("got %v", err)
	}
}
