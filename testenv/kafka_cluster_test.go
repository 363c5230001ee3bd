package testenv_test

import (
	"context"
	"testing"

	"github.com/loaderline/loaderline/testenv"
)

func TestKafkaClusterServesWithoutOneBroker(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	cluster := testenv.Own(t, func(ctx context.Context) (*testenv.KafkaCluster, error) {
		return testenv.StartKafkaCluster(ctx, testenv.KafkaConfig{})
	})
	if err := testenv.CreateTopic(ctx, cluster.Address(), "kept", 3); err != nil {
		t.Fatal(err)
	}
	for n, broker := range cluster.Brokers[:2] {
		if err := broker.Stop(ctx); err != nil {
			t.Fatal(err)
		}
		events := testenv.Events(testenv.EventsConfig{Count: 100, First: 100 * n})
		if _, err := testenv.Publish(ctx, testenv.PublishConfig{Kafka: cluster.Address(), Topic: "kept"}, events); err != nil {
			t.Fatal(err)
		}
		if err := broker.Start(ctx); err != nil {
			t.Fatal(err)
		}
		if err := cluster.AwaitInSync(ctx); err != nil {
			t.Fatal(err)
		}
		records, err := testenv.ReadAll(ctx, cluster.Address(), "kept")
		if err != nil || len(records) != 100*(n+1) {
			t.Errorf("%d records are left of %d: %v", len(records), 100*(n+1), err)
		}
	}
}
