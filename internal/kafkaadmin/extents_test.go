package kafkaadmin_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/internal/kafkaadmin"
)

// TestExtents has a partition whose first records are deleted, and whose last record belongs to an open transaction.
func TestExtents(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "in"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	admin := kadm.NewClient(client)
	if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: "in"}, &kgo.Record{Topic: "in"}, &kgo.Record{Topic: "in"}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.DeleteRecords(t.Context(), kadm.Offsets{"in": {0: {Topic: "in", At: 2}}}); err != nil {
		t.Fatal(err)
	}
	writer, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.TransactionalID("open"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(writer.Close)
	if err := errors.Join(writer.BeginTransaction(), writer.ProduceSync(t.Context(), &kgo.Record{Topic: "in"}).FirstErr()); err != nil {
		t.Fatal(err)
	}

	committed, err := kafkaadmin.CommittedExtents(t.Context(), admin, "in")
	if diff := cmp.Diff(map[string]map[int32]kafkaadmin.Extent{"in": {0: {Start: 2, End: 3}, 1: {}}}, committed); diff != "" || err != nil {
		t.Errorf("committed: %v (-want +got):\n%s", err, diff)
	}
	written, err := kafkaadmin.WrittenExtents(t.Context(), admin, "in")
	if diff := cmp.Diff(map[string]map[int32]kafkaadmin.Extent{"in": {0: {Start: 2, End: 4}, 1: {}}}, written); diff != "" || err != nil {
		t.Errorf("written: %v (-want +got):\n%s", err, diff)
	}

	cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.ListOffsets}, Topic: "in", Err: kerr.UnknownServerError, Count: -1})
	_, err = kafkaadmin.CommittedExtents(t.Context(), admin, "nowhere", "in")
	for _, want := range []string{"topic in partition 0: ", "topic in partition 1: ", "topic nowhere: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not name %q: %v", want, err)
		}
	}
	if !errors.Is(err, kerr.UnknownServerError) || !errors.Is(err, kerr.UnknownTopicOrPartition) {
		t.Errorf("the reasons are lost: %v", err)
	}
}
