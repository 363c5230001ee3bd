package status_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/admin"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/offsets"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/status"
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

// read reads the status, with which loaderline offsets show has to agree.
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

func TestTheLagIsTheGroups(t *testing.T) {
	w := newWorld(t)
	for _, age := range []time.Duration{3 * time.Hour, 2 * time.Hour, time.Hour} {
		w.publish("in", 0, age)
		w.publish("in", 1, age)
	}
	w.publish("dead", 0, 0)
	if got := w.read(); got.State != status.Absent || got.Lag != 6 {
		t.Errorf("before there is a group: %+v", got)
	}
	w.commit(0, 1)
	w.commit(1, 3)
	first := w.read()
	type lag struct {
		Committed, Lag int64
		Hours          int
	}
	var got []lag
	for _, p := range first.Partitions {
		l := lag{Committed: -1, Lag: p.Lag}
		if p.Committed != nil {
			l.Committed = *p.Committed
		}
		if p.LagSeconds != nil {
			l.Hours = int(*p.LagSeconds) / 3600
		}
		got = append(got, l)
	}
	if diff := cmp.Diff([]lag{{1, 2, 2}, {3, 0, 0}, {-1, 0, 0}}, got); diff != "" {
		t.Errorf("partitions (-want +got):\n%s", diff)
	}
	if first.State != "Empty" || first.Lag != 2 || int(*first.LagSeconds)/3600 != 2 || first.DeadLetters.AtMost != 1 || first.Speed != nil {
		t.Errorf("%+v", first)
	}
	w.commit(0, 2)
	second := w.read()
	second.Since(first)
	if s := second.Speed; s.Done <= 0 || s.Arrived != 0 || s.CaughtUpIn == nil || *s.CaughtUpIn <= 0 {
		t.Errorf("one done and one to go: %+v", s)
	}
	w.publish("in", 1, 0)
	third := w.read()
	third.Since(second)
	if s := third.Speed; s.Done != 0 || s.Arrived <= 0 || s.CaughtUpIn != nil {
		t.Errorf("one more and none done: %+v", s)
	}
}

// A retry topic, as any that is written in transactions, ends with a marker, which nobody commits past.
func TestAMarkerAtTheEndIsNoLag(t *testing.T) {
	w := newWorld(t)
	client, err := kgo.NewClient(kgo.SeedBrokers(w.cluster.ListenAddrs()...), kgo.TransactionalID("t"), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	err = client.BeginTransaction()
	for p := range int32(2) {
		err = errors.Join(err, client.ProduceSync(t.Context(), &kgo.Record{Topic: "in", Partition: p}).FirstErr())
	}
	if err := errors.Join(err, client.EndTransaction(t.Context(), kgo.TryCommit)); err != nil {
		t.Fatal(err)
	}
	w.commit(0, 1)
	w.commit(1, 0)
	got := w.read()
	if p := got.Partitions; p[0].Lag != 0 || p[0].End != 2 || p[1].Lag != 2 || got.Lag != 2 {
		t.Errorf("%+v", got)
	}
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

// The records behind another producer's open transaction are lag, and what they wait for is named, with the command that ends it.
func TestAnOpenTransaction(t *testing.T) {
	w := newWorld(t)
	w.reader.ReportOpenAfter(0)
	client := w.transaction("in")
	w.publish("in", 0, 0)
	w.commit(0, 0)
	producer, _, err := client.ProducerID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := w.read()
	if got.Lag != 2 || len(got.OpenTransactions) != 1 || got.OpenTransactions[0].ProducerID != producer || got.OpenTransactions[0].ID != "upstream" {
		t.Fatalf("%+v", got)
	}
	text := got.Text(console.Palette{}, 0)
	for _, want := range []string{
		fmt.Sprintf(`waits for     a transaction of producer %d (transactional ID "upstream") is open in in[0] from offset 0 on, since `, producer),
		"kafka-transactions.sh --bootstrap-server " + w.cluster.ListenAddrs()[0] + " abort --topic in --partition 0 --start-offset 0\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if err := client.EndTransaction(t.Context(), kgo.TryAbort); err != nil {
		t.Fatal(err)
	}
	if got := w.read(); len(got.OpenTransactions) != 0 || got.LagSeconds == nil {
		t.Errorf("after its end: %+v", got)
	}
}

// One in a change topic keeps invalidations from the caches, and one in the output its records from their readers.
func TestAnOpenTransactionInAnotherTopic(t *testing.T) {
	for _, topic := range []string{"changes", "out"} {
		t.Run(topic, func(t *testing.T) {
			w := newWorld(t)
			w.reader.ReportOpenAfter(0)
			w.transaction(topic)
			w.publish("in", 0, 0)
			w.commit(0, 0)
			got := w.read()
			if len(got.OpenTransactions) != 1 || got.OpenTransactions[0].Topic != topic {
				t.Errorf("%+v", got.OpenTransactions)
			}
		})
	}
}

// Aborted records and markers are no dead letters.
func TestDeadLettersAreCounted(t *testing.T) {
	w := newWorld(t)
	if err := w.transaction("dead").EndTransaction(t.Context(), kgo.TryAbort); err != nil {
		t.Fatal(err)
	}
	got := w.read()
	if d := got.DeadLetters; d.AtMost != 2 || d.Open == nil || *d.Open != 0 || !strings.Contains(got.Text(console.Palette{}, 0), "dead letters  none in dead") {
		t.Errorf("%+v", d)
	}
}

func TestTheText(t *testing.T) {
	hours, soon, one, committed := 7200.0, 90.0, 1, int64(1000)
	since := time.Date(2026, 11, 28, 12, 3, 4, 0, time.Local)
	report := status.Report{
		Pipeline: "p", Group: "g", State: "Stable", Lag: 1200, LagSeconds: &hours,
		Members: []status.Member{
			{Instance: "a", Worker: &one, Host: "10.0.0.1", Assigned: map[string][]int{"in": {0, 2}, "also": {1}}},
			{Instance: "b", Host: "10.0.0.2"},
		},
		Partitions: []status.Partition{
			{Topic: "in", Partition: 0, Committed: &committed, End: 2200, Lag: 1200, LagSeconds: &hours},
			{Topic: "in", Partition: 1},
		},
		Speed:       &status.Speed{Done: 40.25, Arrived: 10, CaughtUpIn: &soon},
		DeadLetters: status.DeadLetters{Topic: "dead", AtMost: 12},
		Process: &admin.Status{
			Instance: "a", Workers: []admin.Worker{{Worker: 0, Joined: true, Paused: "shop"}, {Worker: 1}},
			Sources: []admin.Source{{Name: "shop", Breaker: "half_open"}, {Name: "other", Breaker: "closed"}, {Name: "users", FailingSince: &since}},
		},
	}
	const want = `p: group g is stable, 2 members

MEMBER      HOST      PARTITIONS
a worker 1  10.0.0.1  also 1, in 0 2
b           10.0.0.2  none

PARTITION  COMMITTED  END    LAG    BEHIND
in 0       1,000      2,200  1,200  2h0m0s
in 1       none       0      0      -

lag           1,200 records, the oldest 2h0m0s old
speed         40.3 records/s done, 10/s new: caught up in 1m30s
dead letters  about 12, markers of transactions included, in dead
process       a on this machine, 2 workers: worker 0 waits for shop, worker 1 is not in the group, the breaker of shop is half open, it retries users since 12:03:04
`
	if diff := cmp.Diff(want, report.Text(console.Palette{}, 0)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	report.Speed = &status.Speed{Done: 1, Arrived: 2}
	if text := report.Text(console.Palette{}, 0); !strings.Contains(text, "1 records/s done, 2/s new: it falls behind\n") {
		t.Error(text)
	}
}
