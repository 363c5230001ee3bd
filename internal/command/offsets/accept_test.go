package offsets_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/command/offsets"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
)

// Retention can remove records before they were read. The group cannot continue at an offset that is gone.
func TestAcceptGoesOnWhereRetentionRemovedRecords(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "retry"), kfake.SeedTopics(1, "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	var records []*kgo.Record
	for i := range 10 {
		records = append(records, &kgo.Record{Topic: "retry", Partition: int32(i % 2)})
	}
	if err := client.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
	var committed, removed kadm.Offsets
	committed.AddOffset("retry", 0, 1, -1)
	committed.AddOffset("retry", 1, 2, -1)
	if err := admin.CommitAllOffsets(t.Context(), "g", committed); err != nil {
		t.Fatal(err)
	}
	removed.AddOffset("retry", 0, 3, -1)
	if _, err := admin.DeleteRecords(t.Context(), removed); err != nil {
		t.Fatal(err)
	}
	kafka := consumer.Kafka{Brokers: cluster.ListenAddrs()}
	for _, want := range [][]string{{"retry"}, nil} { // The second time there is nothing left to do.
		changed, err := offsets.Accept(t.Context(), kafka, "g", []string{"out", "retry"}, []string{"retry"})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, changed); diff != "" {
			t.Errorf("changed (-want +got):\n%s", diff)
		}
	}
	now, err := kafkaadmin.Offsets(t.Context(), kafka, "g")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[int32]kafkaadmin.CommittedOffset{0: {At: 3}, 1: {At: 2}}, now["retry"]); diff != "" {
		t.Errorf("offsets (-want +got):\n%s", diff)
	}
}
