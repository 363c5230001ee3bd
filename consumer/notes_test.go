package consumer_test

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/consumer"
)

// TestNotesOfANewCluster waits for the coordinator, which a cluster has only some time after a first group has asked.
func TestNotesOfANewCluster(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	fault := w.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.FindCoordinator}, Err: kerr.CoordinatorNotAvailable, Count: 4})
	notes, err := consumer.Notes(t.Context(), consumer.Kafka{Brokers: w.brokers}, "g")
	if err != nil || len(notes) != 0 || fault.Hits() != 4 {
		t.Errorf("%v, %v after %d refusals", notes, err, fault.Hits())
	}
}
