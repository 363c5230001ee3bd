package nextrecord

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/recordtime"
)

// askAgain is the time between two questions to a leader that does not answer.
const askAgain = 250 * time.Millisecond

// UnreadableError reports that the timestamps of a partition's records cannot be read.
type UnreadableError struct {
	Topic     string
	Partition int32
	Err       error
}

// Error implements error.
func (e *UnreadableError) Error() string {
	return fmt.Sprintf("topic %s partition %d: %v", e.Topic, e.Partition, e.Err)
}

// Unwrap is why.
func (e *UnreadableError) Unwrap() error { return e.Err }

// SetTimes gives records the timestamps that they have in the log, where the client may have read other ones. Such records
// are rare: their batches are fetched once more, for as long as within. It takes the IDs of topics from ids. Errors:
// *UnreadableError, and that of the last request.
func SetTimes(ctx context.Context, client *kgo.Client, ids map[string]kadm.TopicID, records []*kgo.Record, within time.Duration) error {
	known := make(map[kadm.Partition]map[int64]int64)
	for i, r := range records {
		if r.Timestamp.IsZero() {
			r.Timestamp = time.UnixMilli(recordtime.None) // Of a format without timestamps.
			continue
		}
		if !recordtime.Doubtful(r.Timestamp) {
			continue
		}
		at := kadm.Partition{Topic: r.Topic, Partition: r.Partition}
		ms, ok := known[at][r.Offset]
		if !ok {
			times, err := timesFrom(ctx, client, ids[r.Topic], records[i:], within)
			if err != nil {
				return err
			}
			known[at], ms = times, times[r.Offset]
		}
		r.Timestamp = time.UnixMilli(ms)
	}
	return nil
}

// timesFrom returns the timestamps of the first of some records, and of those behind it in its partition, by offset. It asks
// until the partition's leader answers.
func timesFrom(ctx context.Context, client *kgo.Client, id kadm.TopicID, records []*kgo.Record, within time.Duration) (map[int64]int64, error) {
	r := records[0]
	last := r.Offset
	for _, other := range records {
		if other.Topic == r.Topic && other.Partition == r.Partition {
			last = other.Offset
		}
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	again := time.NewTicker(askAgain)
	defer again.Stop()
	for {
		fetched, err := Fetch(ctx, client, Position{Topic: r.Topic, ID: id, Partition: r.Partition, Offset: r.Offset})
		if err != nil {
			return nil, err
		}
		if fetched != nil && fetched.ErrorCode == 0 {
			times, err := recordtime.Read(fetched.RecordBatches, last)
			if err != nil {
				return nil, &UnreadableError{Topic: r.Topic, Partition: r.Partition, Err: err}
			}
			if _, ok := times[r.Offset]; ok {
				return times, nil
			}
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return nil, fmt.Errorf("topic %s partition %d offset %d: %w", r.Topic, r.Partition, r.Offset, context.Cause(ctx))
		}
	}
}
