// Package nextrecord finds where reading a partition continues after offsets that will never give a record: markers of
// transactions, records that were aborted, and what compaction has removed. A client does not tell of them.
package nextrecord

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/internal/recordtime"
)

const (
	wait  = 1       // Milliseconds that a broker waits for records: what is there is there, and many partitions are asked in turn.
	bytes = 1 << 20 // of an answer, at most
)

// Position is where reading a partition continues.
type Position struct {
	Topic     string
	ID        kadm.TopicID // of Topic
	Partition int32
	Offset    int64
}

// Next asks the partition's leader for the offset of the next committed record. It returns the offset of the
// position if there is a record, if there is nothing yet, and if nobody can tell at the moment. An error is that of the
// request.
func Next(ctx context.Context, client *kgo.Client, at Position) (int64, error) {
	leader, _, err := client.PartitionLeader(at.Topic, at.Partition)
	if err != nil || leader < 0 {
		return at.Offset, nil //nolint:nilerr // There is no leader at the moment.
	}
	return NextAt(ctx, client, leader, at)
}

// NextAt is Next for a client that has not asked for the topic yet. The caller names the leader.
func NextAt(ctx context.Context, client *kgo.Client, leader int32, at Position) (int64, error) {
	found, err := look(ctx, client, leader, at, bytes)
	return found.Offset, err
}

// Record is the next committed record of a partition.
type Record struct {
	// Offset is the record's, or where to continue.
	Offset int64
	// Time is the record's; zero where none was found.
	Time time.Time
}

// Look is NextAt, and returns the time of the record too.
func Look(ctx context.Context, client *kgo.Client, leader int32, at Position) (Record, error) {
	found, err := look(ctx, client, leader, at, 1) // A broker gives one batch at least.
	if err != nil || !found.Time.IsZero() {
		return found, err
	}
	return look(ctx, client, leader, at, bytes)
}

// Find repeats Look while a response ends among offsets that will never give a record. With an error too, it returns how
// far it has come.
func Find(ctx context.Context, client *kgo.Client, leader int32, at Position) (Record, error) {
	for {
		next, err := Look(ctx, client, leader, at)
		if err != nil || !next.Time.IsZero() || next.Offset <= at.Offset {
			return next, err
		}
		at.Offset = next.Offset
	}
}

func look(ctx context.Context, client *kgo.Client, leader int32, at Position, bytes int32) (Record, error) {
	here := Record{Offset: at.Offset}
	partition, err := fetch(ctx, client, leader, at, bytes)
	if err != nil || partition == nil {
		return here, err
	}
	found, next := process(at, partition)
	switch {
	case found.Err != nil:
		return here, nil //nolint:nilerr // A client meets it too, and says so.
	case len(found.Records) > 0:
		return recordOf(found, partition), nil
	case len(partition.RecordBatches) == 0:
		// A broker gives one batch at least: none is left before the last stable offset.
		return Record{Offset: max(partition.LastStableOffset, at.Offset)}, nil
	default:
		return Record{Offset: max(next, at.Offset)}, nil
	}
}

// process returns the committed records of an answer, and the offset after it.
func process(at Position, partition *kmsg.FetchResponseTopicPartition) (kgo.FetchPartition, int64) {
	return kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{
		Offset: at.Offset, IsolationLevel: kgo.ReadCommitted(), Topic: at.Topic, Partition: at.Partition,
	}, partition, kgo.DefaultDecompressor(), nil)
}

// recordOf returns the first of the records that were found in an answer.
func recordOf(found kgo.FetchPartition, partition *kmsg.FetchResponseTopicPartition) Record {
	r := found.Records[0]
	return Record{Offset: r.Offset, Time: timeOf(r, partition.RecordBatches)}
}

// timeOf is a record's timestamp as it is in the log.
func timeOf(r *kgo.Record, batches []byte) time.Time {
	if !recordtime.Doubtful(r.Timestamp) {
		return r.Timestamp
	}
	times, err := recordtime.Read(batches, r.Offset)
	ms, is := times[r.Offset]
	if err != nil || !is {
		return r.Timestamp
	}
	return time.UnixMilli(ms)
}

// Fetch asks the partition's leader for the committed record batches from a position on, as they are in the log. It returns
// nil if nobody can say at the moment. An error is the error of the request.
func Fetch(ctx context.Context, client *kgo.Client, at Position) (*kmsg.FetchResponseTopicPartition, error) {
	leader, _, err := client.PartitionLeader(at.Topic, at.Partition)
	if err != nil || leader < 0 {
		return nil, nil //nolint:nilerr,nilnil // There is no leader at the moment.
	}
	return fetch(ctx, client, leader, at, bytes)
}

func fetch(ctx context.Context, client *kgo.Client, leader int32, at Position, bytes int32) (*kmsg.FetchResponseTopicPartition, error) {
	answer, err := client.Broker(int(leader)).RetriableRequest(ctx, request(bytes, bytes, at))
	if err != nil {
		return nil, err
	}
	fetched, ok := answer.(*kmsg.FetchResponse)
	if !ok || len(fetched.Topics) != 1 || len(fetched.Topics[0].Partitions) != 1 || fetched.ErrorCode != 0 {
		return nil, nil //nolint:nilnil // As documented.
	}
	return &fetched.Topics[0].Partitions[0], nil
}

// request asks for so many bytes of each position, and of all.
func request(bytes, all int32, positions ...Position) *kmsg.FetchRequest {
	req := kmsg.NewPtrFetchRequest()
	req.IsolationLevel = 1 // Read committed.
	req.MaxWaitMillis, req.MinBytes, req.MaxBytes = wait, 1, all
	index := map[string]int{} // of the topics in the request
	for _, at := range positions {
		i, known := index[at.Topic]
		if !known {
			i = len(req.Topics)
			index[at.Topic] = i
			topic := kmsg.NewFetchRequestTopic()
			topic.Topic, topic.TopicID = at.Topic, at.ID
			req.Topics = append(req.Topics, topic)
		}
		partition := kmsg.NewFetchRequestTopicPartition()
		partition.Partition, partition.FetchOffset, partition.PartitionMaxBytes = at.Partition, at.Offset, bytes
		req.Topics[i].Partitions = append(req.Topics[i].Partitions, partition)
	}
	return req
}
