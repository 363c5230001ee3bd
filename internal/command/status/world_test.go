package status_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/command/offsets"
	"github.com/loaderline/loaderline/internal/command/status"
	"github.com/loaderline/loaderline/internal/pipelinefile"
)

const file = `
kafka: {brokers: %q}
input: {topics: [in], group: g}
output: {topic: out}
dead_letter: {topic: dead}
http: {listen: ""}
cache: {invalidate: {changes: [{topic: changes, stages: [user]}]}}
sources: {shop: {sql: {driver: sqlite, dsn: shop.db}}}
stages: {user: {source: shop, by: event.user_id, query: "SELECT id FROM users WHERE id IN ($keys)", key: id, cache: {ttl: 10m}}}
`

// world is a group's broker, with three partitions of input.
type world struct {
	t       *testing.T
	cluster *kfake.Cluster
	client  *kgo.Client
	reader  *status.Reader
}

func newWorld(t *testing.T) *world {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(3, "in"), kfake.SeedTopics(1, "dead", "out", "changes"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	brokers := cluster.ListenAddrs()
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	f, err := pipelinefile.Parse("pipeline.yaml", fmt.Appendf(nil, file, brokers[0]), pipelinefile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	reader, err := status.Open(f, consumer.Kafka{Brokers: brokers})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(reader.Close)
	return &world{t, cluster, client, reader}
}

// publish adds a record of some age.
func (w *world) publish(topic string, partition int32, age time.Duration) {
	w.t.Helper()
	r := &kgo.Record{Topic: topic, Partition: partition, Value: []byte("x"), Timestamp: time.Now().Add(-age)}
	if err := w.client.ProduceSync(w.t.Context(), r).FirstErr(); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) commit(partition int32, at int64) {
	w.t.Helper()
	var offsets kadm.Offsets
	offsets.AddOffset("in", partition, at, -1)
	if err := kadm.NewClient(w.client).CommitAllOffsets(w.t.Context(), "g", offsets); err != nil {
		w.t.Fatal(err)
	}
}

// read reads the status, and checks that loaderline offsets show agrees with it.
func (w *world) read() status.Report {
	w.t.Helper()
	report, err := w.reader.Read(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	rows, err := offsets.Show(w.t.Context(), consumer.Kafka{Brokers: w.cluster.ListenAddrs()}, "g", []string{"in"})
	if err != nil {
		w.t.Fatal(err)
	}
	type lag struct {
		Partition  int
		End, Lag   int64
		NextIsSeen bool
	}
	var shown, told []lag
	for _, row := range rows {
		shown = append(shown, lag{int(row.Partition), row.End, row.Lag, row.Next != nil})
	}
	for _, p := range report.Partitions {
		told = append(told, lag{p.Partition, p.End, p.Lag, p.LagSeconds != nil})
	}
	if diff := cmp.Diff(told, shown); diff != "" {
		w.t.Errorf("offsets show differs (-status +offsets show):\n%s", diff)
	}
	return report
}

// transaction publishes a record in a transaction, which stays open.
func (w *world) transaction(topic string) *kgo.Client {
	w.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(w.cluster.ListenAddrs()...), kgo.TransactionalID("upstream"), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(client.Close)
	err = client.BeginTransaction()
	if err := errors.Join(err, client.ProduceSync(w.t.Context(), &kgo.Record{Topic: topic}).FirstErr()); err != nil {
		w.t.Fatal(err)
	}
	return client
}
