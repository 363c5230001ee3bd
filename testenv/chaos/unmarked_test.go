package chaos

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// A transaction counts if it has been open for longer than the brokers allow. One that has ended never does.
func TestUnmarked(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "out", "other"))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	broker := cluster.ListenAddrs()[0]
	client, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.TransactionalID("open"), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	expect := func(before time.Time, count int) {
		t.Helper()
		found, err := unmarked(t.Context(), broker, before, []string{"out", "other"})
		if err != nil || len(found) != count || count > 0 && !strings.Contains(found[0], "out[1] from offset 0 on") {
			t.Errorf("found %q, %v", found, err)
		}
	}
	if err := client.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: "out", Partition: 1, Value: []byte("x")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	expect(time.Now().Add(-time.Minute), 0)
	expect(time.Now().Add(time.Minute), 1)
	if err := client.EndTransaction(t.Context(), kgo.TryCommit); err != nil {
		t.Fatal(err)
	}
	expect(time.Now().Add(time.Minute), 0)
}
