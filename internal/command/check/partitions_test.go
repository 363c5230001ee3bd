package check_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/loaderline/loaderline/internal/command/check"
	"github.com/loaderline/loaderline/internal/strictyaml"
)

const partitionFile = `
kafka: {brokers: [%q]}
instance: one
input: {topics: [events], group: enrich}
sources: {shop: {sql: {driver: sqlite, dsn: %q}}}
stages:
  user: {source: shop, by: event.user_id, query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id}
output: {topic: enriched, partition: %s}
dead_letter: {topic: dead}
`

// An output with fewer partitions than the input is found where records keep their input's.
func TestTooFewPartitions(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(3, "events"), kfake.SeedTopics(2, "enriched", "dead"))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	for partition, want := range map[string][]string{"key": nil, "source": {"topic enriched"}} {
		c := checkOf(t, cluster, partitionFile, partition)
		var failed []string
		c.Report = func(f check.Finding) {
			if !f.OK {
				failed = append(failed, f.What+" "+f.Name)
			}
		}
		err := c.Run(t.Context())
		if diff := cmp.Diff(want, failed); diff != "" {
			t.Errorf("%s (-want +got):\n%s", partition, diff)
		}
		if placed, ok := errors.AsType[*strictyaml.Error](err); ok != (want != nil) || ok && (placed.Key != "output.partition" || !strings.Contains(placed.Message, "topic events has 3 partitions and output topic enriched has 2")) {
			t.Errorf("%s: %v", partition, err)
		}
	}
}
