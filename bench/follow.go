package bench

import (
	"context"
	"errors"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/testenv"
)

// mostFollowed is the most partitions that [testenv.Follow] reads here. It asks for each of them by its own request, four times
// a second, which would take more of a small machine than what is measured.
const mostFollowed = 16

// follow reads the output topic as a consumer with read_committed and hands the batches to take, until ctx ends or take
// fails.
func follow(ctx context.Context, w world, take func(testenv.Batch) error) error {
	if !w.manyPartitions {
		return testenv.Follow(ctx, w.brokers, w.output, take)
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(w.brokers), kgo.ConsumeTopics(w.output), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	for {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err0(); err != nil && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		var errs []error
		fetches.EachError(func(_ string, _ int32, err error) { errs = append(errs, err) })
		fetches.EachPartition(func(p kgo.FetchTopicPartition) { errs = append(errs, take(batchOf(p))) })
		if err := errors.Join(errs...); err != nil {
			return err
		}
	}
}

// batchOf returns what was fetched of a partition.
func batchOf(p kgo.FetchTopicPartition) testenv.Batch {
	b := testenv.Batch{Partition: int(p.Partition), Records: make([]testenv.Record, len(p.Records))}
	for i, r := range p.Records {
		b.Records[i] = testenv.Record{Partition: b.Partition, Offset: r.Offset, Time: r.Timestamp, Key: r.Key, Value: r.Value, Headers: []kafka.Header{}}
		b.Next = r.Offset + 1
	}
	return b
}
