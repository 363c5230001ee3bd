package consumer

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/gap"
	"github.com/loaderline/loaderline/internal/recordtime"
)

// readTimes gives records the timestamps that they have in the log, where the
// client may have read other ones. Such records are rare: their batches are
// fetched once more.
func (s *Session) readTimes(ctx context.Context, records []*kgo.Record) error {
	known := make(map[topicPartition]map[int64]int64)
	for i, r := range records {
		if r.Timestamp.IsZero() {
			r.Timestamp = time.UnixMilli(recordtime.None) // Of a format without timestamps.
			continue
		}
		if !recordtime.Doubtful(r.Timestamp) {
			continue
		}
		at := topicPartition{r.Topic, r.Partition}
		ms, ok := known[at][r.Offset]
		if !ok {
			times, err := s.timesFrom(ctx, records[i:])
			if err != nil {
				return err
			}
			known[at], ms = times, times[r.Offset]
		}
		r.Timestamp = time.UnixMilli(ms)
	}
	return nil
}

// timesFrom returns the timestamps of the first of some records and of those
// behind it in its partition, by offset. It asks until the partition's leader
// answers.
func (s *Session) timesFrom(ctx context.Context, records []*kgo.Record) (map[int64]int64, error) {
	r := records[0]
	last := r.Offset
	for _, other := range records {
		if other.Topic == r.Topic && other.Partition == r.Partition {
			last = other.Offset
		}
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.CommitTimeout)
	defer cancel()
	position := gap.Position{Topic: r.Topic, ID: s.topicIDs[r.Topic], Partition: r.Partition, Offset: r.Offset}
	for {
		fetched, err := gap.Fetch(ctx, s.cl, position)
		if err != nil {
			return nil, s.sessionError("read timestamps", err)
		}
		if fetched != nil && fetched.ErrorCode == 0 {
			times, err := recordtime.Read(fetched.RecordBatches, last)
			if err != nil {
				return nil, s.fetchFailed(r.Topic, r.Partition, err)
			}
			if _, ok := times[r.Offset]; ok {
				return times, nil
			}
		}
		if !pause(ctx) {
			return nil, s.sessionError("read timestamps", fmt.Errorf("topic %s partition %d offset %d: %w", r.Topic, r.Partition, r.Offset, context.Cause(ctx)))
		}
	}
}
