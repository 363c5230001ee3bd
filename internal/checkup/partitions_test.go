package checkup_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/loaderline/loaderline/internal/checkup"
	"github.com/loaderline/loaderline/internal/demo"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
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
	shop := filepath.Join(t.TempDir(), "shop.db")
	if err := demo.SeedShop(t.Context(), shop); err != nil {
		t.Fatal(err)
	}
	for partition, want := range map[string][]string{"key": nil, "source": {"topic enriched"}} {
		parsed, err := pipelinefile.Parse("pipeline.yaml", fmt.Appendf(nil, partitionFile, cluster.ListenAddrs()[0], shop, partition), pipelinefile.Options{})
		if err != nil {
			t.Fatal(err)
		}
		layout, err := pipeline.NewLayout(parsed)
		if err != nil {
			t.Fatal(err)
		}
		kafka, err := pipeline.Kafka(parsed, nil)
		if err != nil {
			t.Fatal(err)
		}
		var failed []string
		err = checkup.Checkup{Layout: layout, Kafka: kafka, Report: func(f checkup.Finding) {
			if !f.OK {
				failed = append(failed, f.What+" "+f.Name)
			}
		}}.Run(t.Context())
		if diff := cmp.Diff(want, failed); diff != "" {
			t.Errorf("%s (-want +got):\n%s", partition, diff)
		}
		if placed, ok := errors.AsType[*pipelinefile.Error](err); ok != (want != nil) || ok && (placed.Key != "output.partition" || !strings.Contains(placed.Message, "topic events has 3 partitions and output topic enriched has 2")) {
			t.Errorf("%s: %v", partition, err)
		}
	}
}
