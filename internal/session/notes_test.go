package session_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/kafkaerr"
	"github.com/loaderline/loaderline/testenv"
)

// TestNotesOfANewCluster waits for the coordinator, which a cluster has only some time after a first group has asked.
func TestNotesOfANewCluster(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	fault := w.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.FindCoordinator}, Err: kerr.CoordinatorNotAvailable, Count: 4})
	notes, err := kafkaadmin.Notes(t.Context(), consumer.Kafka{Brokers: w.brokers}, "g")
	if err != nil || len(notes) != 0 || fault.Hits() != 4 {
		t.Errorf("%v, %v after %d refusals", notes, err, fault.Hits())
	}
}

// TestNotesWithoutABroker is worth another try: a supervisor knows it by the error's type.
func TestNotesWithoutABroker(t *testing.T) {
	t.Parallel()
	// The port of a cluster that was closed may be that of another test's cluster by now.
	free, err := testenv.FreeAddresses(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second) // Less than Notes itself would wait.
	defer cancel()
	notes, err := kafkaadmin.Notes(ctx, consumer.Kafka{Brokers: free}, "g")
	if _, ok := errors.AsType[*kafkaerr.UnreachableError](err); !ok {
		t.Errorf("%v, %v", notes, err)
	}
}

// TestNotesOfAPartitionThatFails says so: to whom a note is missing, nothing was noted.
func TestNotesOfAPartitionThatFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.cluster.ControlKey(int16(kmsg.OffsetFetch), func(request kmsg.Request) (kmsg.Response, error, bool) {
		response := request.ResponseKind().(*kmsg.OffsetFetchResponse)
		partition := kmsg.NewOffsetFetchResponseGroupTopicPartition()
		partition.Offset, partition.ErrorCode = -1, kerr.TopicAuthorizationFailed.Code
		topic := kmsg.NewOffsetFetchResponseGroupTopic()
		topic.Topic, topic.Partitions = "in", []kmsg.OffsetFetchResponseGroupTopicPartition{partition}
		group := kmsg.NewOffsetFetchResponseGroup()
		group.Group, group.Topics = "g", []kmsg.OffsetFetchResponseGroupTopic{topic}
		response.Groups = []kmsg.OffsetFetchResponseGroup{group}
		return response, nil, true
	})
	if notes, err := kafkaadmin.Notes(t.Context(), consumer.Kafka{Brokers: w.brokers}, "g"); !errors.Is(err, kerr.TopicAuthorizationFailed) {
		t.Errorf("%v, %v", notes, err)
	}
}
