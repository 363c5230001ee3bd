package testenv_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/testenv"
)

// transactions returns a producer that has transactions, which kafka-go has not.
func transactions(t *testing.T, options ...kgo.Opt) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(append(options,
		kgo.SeedBrokers(testenv.Kafka(t)), kgo.TransactionalID(t.Name()),
		kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// transact produces values to a partition of a topic in one transaction.
func transact(t *testing.T, client *kgo.Client, end kgo.TransactionEndTry, topic string, partition int32, values ...string) {
	t.Helper()
	begin(t, client, topic, partition, values...)
	if err := client.EndTransaction(t.Context(), end); err != nil {
		t.Fatal(err)
	}
}

// begin is transact without the end.
func begin(t *testing.T, client *kgo.Client, topic string, partition int32, values ...string) {
	t.Helper()
	if err := client.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	for _, value := range values {
		record := &kgo.Record{Topic: topic, Partition: partition, Value: []byte(value)}
		if err := client.ProduceSync(t.Context(), record).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReadAllLeavesOutAbortedRecords(t *testing.T) {
	topic := testenv.Topic(t, "aborted", 2)
	client := transactions(t)
	transact(t, client, kgo.TryAbort, topic, 0, "no", "no")
	transact(t, client, kgo.TryCommit, topic, 0, "a", "b")
	transact(t, client, kgo.TryAbort, topic, 1, "no")
	transact(t, client, kgo.TryAbort, topic, 0, "no")
	transact(t, client, kgo.TryCommit, topic, 1, "c")
	transact(t, client, kgo.TryCommit, topic, 0, "d")
	records, err := testenv.ReadAll(t.Context(), testenv.Kafka(t), topic)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range records {
		got = append(got, string(r.Value))
	}
	if diff := cmp.Diff([]string{"a", "b", "d", "c"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// checkerCount is how many events the test of the checker publishes.
const checkerCount = 2000

// checkerWorld is a checker and a pipeline of a few lines of franz-go; what it does not do is what the checker must find.
type checkerWorld struct {
	oracle       testenv.Oracle
	checker      *testenv.Checker
	client       *kgo.Client
	output, dead string
	records      []testenv.Record // of the input
}

func newCheckerWorld(t *testing.T) *checkerWorld {
	t.Helper()
	broker, dsn := testenv.Kafka(t), testenv.Postgres(t)
	input, output, dead := testenv.Topic(t, "in", 4), testenv.Topic(t, "out", 4), testenv.Topic(t, "dead", 1)
	if err := testenv.SeedShop(t.Context(), dsn, testenv.ShopConfig{Users: 500, Products: 50}); err != nil {
		t.Fatal(err)
	}
	oracle, err := testenv.LoadShopOracle(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	checker, err := testenv.NewChecker(t.Context(), testenv.CheckerConfig{
		Kafka: broker, Input: input, Output: output, DeadLetters: dead,
		LedgerConfig: testenv.LedgerConfig{Oracle: oracle},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := checker.Close(); err != nil {
			t.Error(err)
		}
	})
	// Users 500 to 509 are not there.
	events := testenv.Events(testenv.EventsConfig{Count: checkerCount, Users: 510, Uniform: true})
	publish := testenv.PublishConfig{Kafka: broker, Topic: input}
	if _, err := testenv.Publish(t.Context(), publish, events); err != nil {
		t.Fatal(err)
	}
	records, err := testenv.ReadAll(t.Context(), broker, input)
	if err != nil || len(records) != checkerCount {
		t.Fatalf("%d events of %d were published: %v", len(records), checkerCount, err)
	}
	return &checkerWorld{oracle: oracle, checker: checker, client: transactions(t), output: output, dead: dead, records: records}
}

// enrich publishes what a right pipeline makes of records, in a transaction that ends in one of two ways.
func (w *checkerWorld) enrich(t *testing.T, end kgo.TransactionEndTry, records []testenv.Record) {
	t.Helper()
	if err := w.client.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		w.client.Produce(t.Context(), enriched(t, w.oracle, r, w.output, w.dead), nil)
	}
	if err := w.client.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.client.EndTransaction(t.Context(), end); err != nil {
		t.Fatal(err)
	}
}

func TestChecker(t *testing.T) {
	const count = checkerCount
	w := newCheckerWorld(t)
	half := w.records[:count/2]
	w.enrich(t, kgo.TryAbort, half)
	w.enrich(t, kgo.TryCommit, half)
	if err := w.checker.WaitFor(t.Context(), count/2); err != nil {
		t.Fatal(err)
	}
	report, err := w.checker.Check(t.Context())
	if err != nil || report.Lost.Count != count/2 || report.Distinct != count/2 {
		t.Errorf("half way: %v\n%s", err, &report)
	}
	w.enrich(t, kgo.TryCommit, w.records[count/2:])
	report, err = w.checker.Check(t.Context())
	if err != nil || !report.OK() || report.Inputs != count || report.Dead == 0 || report.Enriched+report.Dead != count {
		t.Errorf("at the end: %v\n%s", err, &report)
	}
	w.enrich(t, kgo.TryCommit, w.records[:1])
	report, err = w.checker.Check(t.Context())
	if err != nil || report.OK() || report.Duplicates.Count != 1 {
		t.Errorf("after a repetition: %v\n%s", err, &report)
	}

	begin(t, w.client, w.output, 0, "never ended")
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err = w.checker.Check(ctx)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "a transaction is open") {
		t.Errorf("with an open transaction: %v", err)
	}
	if err := w.client.EndTransaction(t.Context(), kgo.TryAbort); err != nil {
		t.Error(err)
	}
}

// enriched returns what a right pipeline makes of an input record.
func enriched(t *testing.T, oracle testenv.Oracle, r testenv.Record, output, dead string) *kgo.Record {
	t.Helper()
	out := &kgo.Record{Topic: output, Partition: int32(r.Partition), Key: r.Key, Timestamp: r.Time, Headers: []kgo.RecordHeader{
		{Key: "loaderline.source.partition", Value: strconv.AppendInt(nil, int64(r.Partition), 10)},
		{Key: "loaderline.source.offset", Value: strconv.AppendInt(nil, r.Offset, 10)},
	}}
	user, _ := oracle.Subject(r.Value)
	fields, ok := oracle.Enrichment(user)
	if !ok {
		out.Topic, out.Partition, out.Value = dead, 0, r.Value
		out.Headers = append(out.Headers, kgo.RecordHeader{Key: "loaderline.error.kind", Value: []byte("missing")})
		return out
	}
	tail, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	out.Value = slices.Concat([]byte(`{"event":`), r.Value, []byte(","), tail[1:])
	return out
}

func TestShopIsTheSameEachTime(t *testing.T) {
	config := testenv.ShopConfig{Users: 200, Products: 20}
	var shops []*testenv.ShopOracle
	for range 2 {
		dsn := testenv.Postgres(t)
		if err := testenv.SeedShop(t.Context(), dsn, config); err != nil {
			t.Fatal(err)
		}
		shop, err := testenv.LoadShopOracle(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		shops = append(shops, shop)
	}
	most := 0
	for user := range int64(config.Users) {
		first, ok := shops[0].Enrichment(user)
		second, _ := shops[1].Enrichment(user)
		if diff := cmp.Diff(first, second); !ok || diff != "" {
			t.Fatalf("user %d: %t (-first +second)\n%s", user, ok, diff)
		}
		most = max(most, len(first["purchases"].([]any)))
	}
	if most != 6 {
		t.Errorf("nobody has six purchases; the most are %d", most)
	}
	if _, ok := shops[0].Enrichment(int64(config.Users)); ok {
		t.Error("there is one user too many")
	}
}
