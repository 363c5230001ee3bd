package session

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/kafkaerr"
)

// waitingKeys counts the records of each key in retry topics from offsets on, by
// partition and tier. It reads to the end that the topics have now, and not
// only to the last stable offset: the transaction of the partition's last owner
// may be committed in the group before it is in a retry topic.
func (s *Session) waitingKeys(ctx context.Context, from map[string]map[int32]int64) (map[int32]map[string][]int32, error) {
	w := waiting{
		topics: s.cfg.Retry.Topics,
		keys:   make(map[int32]map[string][]int32),
		start:  make(map[string]map[int32]kgo.Offset),
		ends:   make(map[kadm.Partition]int64),
	}
	ends, err := kadm.NewClient(s.cl).ListEndOffsets(ctx, w.topics...)
	if err != nil {
		return nil, err
	}
	for topic, partitions := range from {
		for p, offset := range partitions {
			end, ok := ends.Lookup(topic, p)
			if !ok || end.Err != nil {
				return nil, fmt.Errorf("find the offset of topic %s partition %d: %w", topic, p, cmp.Or(end.Err, error(kerr.UnknownTopicOrPartition)))
			}
			w.add(kadm.Partition{Topic: topic, Partition: p}, offset, end.Offset)
		}
	}
	if len(w.ends) == 0 {
		return w.keys, nil
	}
	cl, err := kafkaadmin.NewClient(s.cfg.Kafka,
		kgo.ConsumePartitions(w.start),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(), // The end may be one.
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.FetchMaxWait(fetchMaxWait),
		kgo.FetchMaxBytes(maxFetchBytes),
		kgo.FetchMaxPartitionBytes(partitionFetchBytes),
		kgo.MaxConcurrentFetches(1),
		kgo.MaxDecompressBatchBytes(maxDecompressBatchBytes),
	)
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	for len(w.ends) > 0 {
		fetches := cl.PollFetches(ctx)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for _, problem := range fetches.Errors() {
			if !kafkaerr.IsTransient(problem.Err) {
				return nil, s.fetchFailed(problem.Topic, problem.Partition, problem.Err)
			}
		}
		fetches.EachRecord(w.count)
	}
	return w.keys, nil
}

// waiting counts records of retry topics by key.
type waiting struct {
	topics []string
	keys   map[int32]map[string][]int32 // By partition and key, the number of records in each topic.
	start  map[string]map[int32]kgo.Offset
	ends   map[kadm.Partition]int64 // Of the partitions that are not read to their end yet.
}

// add has a partition read from an offset to its end.
func (w *waiting) add(at kadm.Partition, offset, end int64) {
	if w.keys[at.Partition] == nil {
		w.keys[at.Partition] = make(map[string][]int32)
	}
	if offset >= end {
		return
	}
	w.ends[at] = end
	if w.start[at.Topic] == nil {
		w.start[at.Topic] = make(map[int32]kgo.Offset)
	}
	w.start[at.Topic][at.Partition] = kgo.NewOffset().At(offset)
}

// count counts a record that is before the end of its partition.
func (w *waiting) count(r *kgo.Record) {
	at := kadm.Partition{Topic: r.Topic, Partition: r.Partition}
	end, reading := w.ends[at]
	if reading && r.Offset < end && !r.Attrs.IsControl() && r.Key != nil {
		keys, key := w.keys[r.Partition], string(r.Key)
		if keys[key] == nil {
			keys[key] = make([]int32, len(w.topics))
		}
		keys[key][slices.Index(w.topics, r.Topic)]++
	}
	if r.Offset >= end-1 {
		delete(w.ends, at)
	}
}
