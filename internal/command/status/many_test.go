package status_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/command/status"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/testenv"
)

// allDone returns the reader of a group that has done all of its topics with many partitions. Behind its offsets are the markers
// of transactions, as upstream producers leave them.
func allDone(tb testing.TB, brokers, topics []string, partitions int) *status.Reader {
	tb.Helper()
	group := topics[0]
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.TransactionalID(group), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(client.Close)
	admin := kadm.NewClient(client)
	for _, topic := range topics {
		var offsets kadm.Offsets
		records := make([]*kgo.Record, partitions)
		for i := range records {
			records[i] = &kgo.Record{Topic: topic, Partition: int32(i), Value: []byte("x")}
			offsets.AddOffset(topic, int32(i), 1, -1)
		}
		err := client.BeginTransaction()
		if err == nil {
			err = client.ProduceSync(tb.Context(), records...).FirstErr()
		}
		if err := errors.Join(err, client.EndTransaction(tb.Context(), kgo.TryCommit), admin.CommitAllOffsets(tb.Context(), group, offsets)); err != nil {
			tb.Fatal(err)
		}
	}
	text := strings.NewReplacer("topics: [in]", "topics: ["+strings.Join(topics, ", ")+"]", "group: g", "group: "+group).Replace(file)
	f, err := pipelinefile.Parse("pipeline.yaml", fmt.Appendf(nil, text, brokers[0]), pipelinefile.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	reader, err := status.Open(f, consumer.Kafka{Brokers: brokers})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(reader.Close)
	return reader
}

// fake starts a broker in this process. It also returns what counts the requests.
func fake(tb testing.TB, partitions int) ([]string, *atomic.Int64) {
	tb.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(int32(partitions), "in"), kfake.SeedTopics(1, "dead", "out", "changes"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(cluster.Close)
	requests := &atomic.Int64{}
	cluster.Control(func(kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		requests.Add(1)
		return nil, nil, false
	})
	return cluster.ListenAddrs(), requests
}

// The number of questions does not depend on the number of partitions, as long as what they ask for fits into one answer.
func TestQuestionsOfManyPartitions(t *testing.T) {
	const partitions, most = 500, 40
	brokers, requests := fake(t, partitions)
	reader := allDone(t, brokers, []string{"in"}, partitions)
	before := requests.Load()
	report, err := reader.Read(t.Context())
	if err != nil || report.Lag != 0 || len(report.Partitions) != partitions {
		t.Fatalf("%d partitions, lag %d: %v", len(report.Partitions), report.Lag, err)
	}
	if n := requests.Load() - before; n > most {
		t.Errorf("%d requests, want at most %d", n, most)
	}
}

// BenchmarkRead reads the status, and writes it as text.
func BenchmarkRead(b *testing.B) {
	for _, partitions := range []int{100, 1_000, 10_000} {
		b.Run(fmt.Sprint("fake-", partitions), func(b *testing.B) {
			brokers, requests := fake(b, partitions)
			reader := allDone(b, brokers, []string{"in"}, partitions)
			before := requests.Load()
			read(b, reader)
			b.ReportMetric(float64(requests.Load()-before)/float64(b.N), "requests/op")
		})
	}
	const each = 1_000 // partitions of a topic: Kafka creates fewer than 10,000 at once.
	for _, partitions := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint("kafka-", partitions), func(b *testing.B) {
			brokers := []string{testenv.Kafka(b)}
			for _, topic := range []string{"dead", "out", "changes"} {
				if err := testenv.CreateTopic(b.Context(), brokers[0], topic, 1); err != nil && !errors.Is(err, kafka.TopicAlreadyExists) {
					b.Fatal(err)
				}
			}
			topics := make([]string, partitions/each)
			for i := range topics {
				topics[i] = testenv.Topic(b, "in", each)
			}
			read(b, allDone(b, brokers, topics, each))
		})
	}
}

func read(b *testing.B, reader *status.Reader) {
	b.Helper()
	for b.Loop() {
		report, err := reader.Read(b.Context())
		if err != nil || report.Lag != 0 {
			b.Fatalf("lag %d: %v", report.Lag, err)
		}
		_ = report.Text(console.Palette{}, 0)
	}
}
