package topicid_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

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

// TestATopicThatIsGone has no note, and keeps nobody else's from being written.
func TestATopicThatIsGone(t *testing.T) {
	t.Parallel()
	k, admin := newCluster(t, "in", "out", "dead")
	ids, err := topicid.List(t.Context(), k, []string{"in", "out", "dead"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.DeleteTopics(t.Context(), "out"); err != nil {
		t.Fatal(err)
	}
	unkept, err := topicid.Keep(t.Context(), k, "g", ids)
	if err != nil || len(unkept) > 0 {
		t.Errorf("unkept %v, %v", unkept, err)
	}
}

// TestNotesThatMayNotBeReplaced were written by a user with more rights. The later note of this user replaces them.
func TestNotesThatMayNotBeReplaced(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "in", "out", "dead"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	k := consumer.Kafka{Brokers: cluster.ListenAddrs()}
	if _, err := topicid.Keep(t.Context(), k, "g", topicid.IDs{"in": {9}, "out": {2}, "dead": {3}}); err != nil {
		t.Fatal(err)
	}
	ids, err := topicid.List(t.Context(), k, []string{"in"})
	if err != nil {
		t.Fatal(err)
	}
	onlyInput(t, cluster, ids["in"])
	now := topicid.IDs{"in": {10}, "out": {2}, "dead": {3}}
	if _, err := topicid.Keep(t.Context(), k, "g", now); err != nil {
		t.Fatal(err)
	}
	got, err := topicid.Load(t.Context(), k, "g")
	if diff := cmp.Diff(now, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// onlyInput lets offsets of the input be committed, and refuses all others.
func onlyInput(t *testing.T, cluster *kfake.Cluster, id [16]byte) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	cluster.ControlKey(int16(kmsg.OffsetCommit), func(req kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		commit := req.(*kmsg.OffsetCommitRequest)
		resp := commit.ResponseKind().(*kmsg.OffsetCommitResponse)
		if len(commit.Topics) == 1 {
			return nil, nil, false // That of the client above.
		}
		for _, topic := range commit.Topics {
			to, partition := kmsg.NewOffsetCommitResponseTopic(), kmsg.NewOffsetCommitResponseTopicPartition()
			to.Topic, to.TopicID = topic.Topic, topic.TopicID
			if topic.TopicID == id {
				input := kadm.Offset{Topic: "in", At: topic.Partitions[0].Offset, LeaderEpoch: -1, Metadata: *topic.Partitions[0].Metadata}
				cluster.SleepControl(func() {
					err = kadm.NewClient(client).CommitAllOffsets(t.Context(), commit.Group, kadm.Offsets{"in": {0: input}})
				})
			} else {
				partition.ErrorCode = kerr.TopicAuthorizationFailed.Code
			}
			to.Partitions = append(to.Partitions, partition)
			resp.Topics = append(resp.Topics, to)
		}
		return resp, err, true
	})
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
