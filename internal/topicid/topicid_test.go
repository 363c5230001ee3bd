package topicid_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/topicid"
)

func newCluster(t *testing.T, topics ...string) (consumer.Kafka, *kadm.Client) {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, topics...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	cl, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return consumer.Kafka{Brokers: cluster.ListenAddrs()}, kadm.NewClient(cl)
}

// TestKept is for few topics and for more than one note has room for. The ID of a topic that is deleted is still known: the
// other topics' notes have it.
func TestKept(t *testing.T) {
	t.Parallel()
	for _, n := range []int{2, 3, 200} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			var topics []string
			for i := range n {
				topics = append(topics, fmt.Sprintf("topic-%03d-with-a-long-name-as-they-are-in-large-companies", i))
			}
			k, admin := newCluster(t, topics...)
			ids, err := topicid.List(t.Context(), k, topics)
			if err != nil || len(ids) != n {
				t.Fatalf("%d IDs, %v", len(ids), err)
			}
			unkept, err := topicid.Keep(t.Context(), k, "g", ids)
			if err != nil || len(unkept) > 0 {
				t.Fatalf("unkept %v, %v", unkept, err)
			}
			if _, err := admin.DeleteTopics(t.Context(), topics[1]); err != nil {
				t.Fatal(err)
			}
			// Kafka drops the offsets with the topic.
			if _, err := admin.DeleteOffsets(t.Context(), topicid.Group("g"), kadm.TopicsSet{topics[1]: {0: {}}}); err != nil {
				t.Fatal(err)
			}
			got, err := topicid.Load(t.Context(), k, "g")
			if n == 2 {
				delete(ids, topics[0]) // Only the topic that was deleted had its ID.
			}
			if diff := cmp.Diff(ids, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// TestOneTopicAlone has nowhere to keep its ID.
func TestOneTopicAlone(t *testing.T) {
	t.Parallel()
	k, _ := newCluster(t, "in")
	ids, err := topicid.List(t.Context(), k, []string{"in"})
	if err != nil {
		t.Fatal(err)
	}
	unkept, err := topicid.Keep(t.Context(), k, "g", ids)
	if diff := cmp.Diff([]string{"in"}, unkept); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestTheLatestNoteCounts also where topics have left the pipeline since.
func TestTheLatestNoteCounts(t *testing.T) {
	t.Parallel()
	k, _ := newCluster(t, "in", "out", "old")
	before := topicid.IDs{"in": {1}, "out": {2}, "old": {3}}
	now := topicid.IDs{"in": {4}, "out": {2}}
	for _, ids := range []topicid.IDs{before, now} {
		if _, err := topicid.Keep(t.Context(), k, "g", ids); err != nil {
			t.Fatal(err)
		}
	}
	got, err := topicid.Load(t.Context(), k, "g")
	if err != nil {
		t.Fatal(err)
	}
	if changed := got.Changed(now); len(changed) > 0 {
		t.Errorf("changed: %v", changed)
	}
	if diff := cmp.Diff([]string{"in"}, before.Changed(now)); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
}
