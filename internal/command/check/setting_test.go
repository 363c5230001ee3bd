package check_test

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/loaderline/loaderline/internal/command/check"
	"github.com/loaderline/loaderline/internal/pipelinefile"
)

// A transaction timeout that the brokers will refuse is a finding about the file.
func TestTransactionTimeout(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "events", "enriched", "dead"),
		kfake.BrokerConfigs(map[string]string{"transaction.max.timeout.ms": "60000"}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	const file = `
kafka: {brokers: [%q], transaction_timeout: 2m}
input: {topics: [events], group: enrich}
sources: {shop: {sql: {driver: sqlite, dsn: %q}}}
stages: {user: {source: shop, by: event.user_id, query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id}}
output: {topic: enriched, delivery: %s}
dead_letter: {topic: dead}
`
	for delivery, want := range map[pipelinefile.Delivery]int{pipelinefile.DeliveryExactlyOnce: 1, pipelinefile.DeliveryAtLeastOnce: 0} {
		found := 0
		c := checkOf(t, cluster, file, delivery)
		c.Report = func(f check.Finding) {
			if f.What == "setting" && !f.OK && strings.Contains(f.Detail, "pipeline.yaml:2") && strings.Contains(f.Detail, "kafka.transaction_timeout") && strings.Contains(f.Detail, "1m0s") {
				found++
			}
		}
		if err := c.Run(t.Context()); (err != nil) != (want > 0) || found != want {
			t.Errorf("%s: %d findings, %v", delivery, found, err)
		}
	}
}
