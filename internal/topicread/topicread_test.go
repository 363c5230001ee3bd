package topicread_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaerr"
	"github.com/loaderline/loaderline/internal/offsetexpr"
	"github.com/loaderline/loaderline/internal/recordtime/recordtimetest"
	"github.com/loaderline/loaderline/internal/topicread"
)

// world is a broker with a topic of one partition, in which are: a committed transaction with records c0 and c1 at the
// offsets 0 and 1, and an aborted one with two records at 3 and 4. Each ends with a marker.
func world(t *testing.T) (consumer.Kafka, *kgo.Client) {
	t.Helper()
	cluster := broker(t)
	client := producer(t, cluster, "t")
	transaction(t, client, kgo.TryCommit, "c0", "c1")
	transaction(t, client, kgo.TryAbort, "a3", "a4")
	return consumer.Kafka{Brokers: cluster.ListenAddrs()}, client
}

// broker has the topic, compacted when it is told to.
func broker(t *testing.T) *kfake.Cluster {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	if err := cluster.CreateTopic("out", 1, map[string]string{"cleanup.policy": "compact"}); err != nil {
		t.Fatal(err)
	}
	return cluster
}

func producer(t *testing.T, cluster *kfake.Cluster, transactionalID string) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.TransactionalID(transactionalID), kgo.DefaultProduceTopic("out"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func transaction(t *testing.T, client *kgo.Client, end kgo.TransactionEndTry, values ...string) {
	t.Helper()
	err := client.BeginTransaction()
	for _, value := range values {
		err = errors.Join(err, client.ProduceSync(t.Context(), kgo.KeyStringRecord(value, value)).FirstErr())
	}
	if err := errors.Join(err, client.EndTransaction(t.Context(), end)); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, cfg topicread.Config) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var values []string
	cfg.Topics = []string{"out"}
	err := topicread.Read(ctx, cfg, func(r *kgo.Record) error {
		values = append(values, string(r.Value))
		return nil
	})
	if err != nil || ctx.Err() != nil {
		t.Fatalf("reading did not end by itself: %v, %v; it read %q", err, ctx.Err(), values)
	}
	return values
}

func at(offset int64) *offsetexpr.Position {
	return &offsetexpr.Position{Kind: offsetexpr.Offset, Offset: offset}
}

func TestReadEndsBeforeItsEnd(t *testing.T) {
	k, _ := world(t)
	latest := &offsetexpr.Position{Kind: offsetexpr.Latest}
	for _, test := range []struct {
		name string
		cfg  topicread.Config
		want []string
	}{
		{"all, though the last records are aborted", topicread.Config{To: latest}, []string{"c0", "c1"}},
		{"up to a record", topicread.Config{To: at(1)}, []string{"c0"}},
		{"up to a marker", topicread.Config{To: at(2)}, []string{"c0", "c1"}},
		{"into the aborted transaction", topicread.Config{To: at(4)}, []string{"c0", "c1"}},
		{"from a record on", topicread.Config{From: *at(1), To: latest}, []string{"c1"}},
		{"from the end", topicread.Config{From: *latest, To: latest}, nil},
		{"an empty range", topicread.Config{From: *at(2), To: at(1)}, nil},
		{"a limit", topicread.Config{Limit: 1}, []string{"c0"}},
		{"a limit that --to reaches first", topicread.Config{Limit: 9, To: latest}, []string{"c0", "c1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.cfg.Kafka = k
			if got := read(t, test.cfg); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// Topics end each for itself: one has records beyond the end of the other, and one has none.
func TestReadReadsTopicsSideBySide(t *testing.T) {
	cluster := broker(t)
	for topic, partitions := range map[string]int32{"wide": 3, "empty": 1} {
		if err := cluster.CreateTopic(topic, partitions, nil); err != nil {
			t.Fatal(err)
		}
	}
	client := producer(t, cluster, "t")
	transaction(t, client, kgo.TryCommit, "c0", "c1")
	if err := client.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	want := []string{"out 0 0", "out 0 1"}
	for i := range 9 {
		r := &kgo.Record{Topic: "wide", Key: strconv.AppendInt(nil, int64(i), 10)}
		if err := client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
		want = append(want, fmt.Sprint(r.Topic, " ", r.Partition, " ", r.Offset))
	}
	if err := client.EndTransaction(t.Context(), kgo.TryCommit); err != nil {
		t.Fatal(err)
	}
	var got []string
	err := topicread.Read(t.Context(), topicread.Config{
		Kafka: consumer.Kafka{Brokers: cluster.ListenAddrs()}, Topics: []string{"out", "wide", "empty"}, To: &offsetexpr.Position{Kind: offsetexpr.Latest},
	}, func(r *kgo.Record) error {
		got = append(got, fmt.Sprint(r.Topic, " ", r.Partition, " ", r.Offset))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Compaction has removed the last records before a transaction that is open: nothing is there that could end the range.
func TestReadEndsWhereTheLastRecordsWereCompactedAway(t *testing.T) {
	cluster := broker(t)
	transaction(t, producer(t, cluster, "committed"), kgo.TryCommit, "c0")
	transaction(t, producer(t, cluster, "aborted"), kgo.TryAbort, "a2", "a3") // What is left of its client goes, marker and all.
	open := producer(t, cluster, "open")
	if err := errors.Join(open.BeginTransaction(), open.ProduceSync(t.Context(), kgo.StringRecord("o5")).FirstErr()); err != nil {
		t.Fatal(err)
	}
	cluster.Compact()
	k := consumer.Kafka{Brokers: cluster.ListenAddrs()}
	for _, cfg := range []topicread.Config{{Kafka: k, To: at(5)}, {Kafka: k, To: at(4)}, {Kafka: k, To: &offsetexpr.Position{Kind: offsetexpr.Latest}}} {
		if got := read(t, cfg); !slices.Equal(got, []string{"c0"}) {
			t.Errorf("up to %s: got %q, want c0", cfg.To, got)
		}
	}
}

// Offset 7 is not there when reading begins: what comes before it is left out.
func TestReadWaitsForWhatIsNotThereYet(t *testing.T) {
	k, client := world(t)
	got := make(chan []string)
	go func() { got <- read(t, topicread.Config{Kafka: k, From: *at(7), To: at(9)}) }()
	transaction(t, client, kgo.TryCommit, "c6", "c7", "c8", "c9")
	if values := <-got; !slices.Equal(values, []string{"c7", "c8"}) {
		t.Errorf("got %q, want c7 and c8", values)
	}
}

func TestReadEndsWithItsContext(t *testing.T) {
	k, _ := world(t)
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	err := topicread.Read(ctx, topicread.Config{Kafka: k, Topics: []string{"out"}, Idle: func() error {
		if n == 2 {
			cancel()
		}
		return nil
	}}, func(*kgo.Record) error { n++; return nil })
	if err != nil || n != 2 {
		t.Fatalf("read %d records and ended with %v", n, err)
	}
}

func TestReadAnswersErrors(t *testing.T) {
	k, _ := world(t)
	broken := errors.New("broken")
	handle := func(*kgo.Record) error { return broken }
	if err := topicread.Read(t.Context(), topicread.Config{Kafka: k, Topics: []string{"out"}}, handle); !errors.Is(err, broken) {
		t.Errorf("an error of handle gives %v", err)
	}
	err := topicread.Read(t.Context(), topicread.Config{Kafka: k, Topics: []string{"out", "nowhere"}}, handle)
	if missing, ok := errors.AsType[*kafkaerr.TopicMissingError](err); !ok || missing.Topics[0] != "nowhere" {
		t.Errorf("a topic that is not there gives %v", err)
	}
}

func ExampleFormat_Append() {
	r := &kgo.Record{
		Topic: "out", Partition: 3, Offset: 9, Timestamp: time.UnixMilli(1764000000000), Key: []byte("7"), Value: []byte("<\xff>"),
		Headers: []kgo.RecordHeader{{Key: "h", Value: []byte("é")}},
	}
	line, err := topicread.FormatJSON.Append(nil, r, topicread.Decoded{})
	fmt.Printf("%s%v\n", line, err)
	// Output:
	// {"topic":"out","partition":3,"offset":9,"timestamp":1764000000000,"key":"7","value_base64":"PP8+","headers":[{"key":"h","value":"é"}]}
	// <nil>
}

// What is shown of a record is the time that the log has, also one that the client cannot hold.
func TestTimestampsAreWhatTheLogHas(t *testing.T) {
	const now = int64(1764345600000)
	cluster := broker(t)
	kafka := consumer.Kafka{Brokers: cluster.ListenAddrs()}
	client, err := kgo.NewClient(kgo.SeedBrokers(kafka.Brokers...))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	times := []int64{now, now * 1000, now * 1_000_000, math.MaxInt64, -1}
	recordtimetest.Publish(t, client, "out", true, times...)
	var got []int64
	err = topicread.Read(t.Context(), topicread.Config{Kafka: kafka, Topics: []string{"out"}, Limit: len(times)}, func(r *kgo.Record) error {
		got = append(got, r.Timestamp.UnixMilli())
		return nil
	})
	if diff := cmp.Diff(times, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
