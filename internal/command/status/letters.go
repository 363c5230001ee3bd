package status

import (
	"context"
	"time"

	"github.com/loaderline/loaderline/internal/deadletter"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
)

const (
	// countTime is how long a count of dead letters may take. countFor is how long their number is used.
	countTime, countFor = time.Second, 5 * time.Second
	// countMost is how many offsets a count reads at most.
	countMost = 20_000
)

// letters is the number of open dead letters at the last count.
type letters struct {
	open    *int64
	counted time.Time
}

// deadLetters counts the open dead letters, as dlq list does, if there are few enough to read in time.
func (r *Reader) deadLetters(ctx context.Context, report *Report) error {
	topic := r.file.DeadLetter.Topic
	report.DeadLetters.Topic = topic
	extents, err := kafkaadmin.WrittenExtents(ctx, r.admin, topic)
	if err != nil {
		return err
	}
	for _, extent := range extents[topic] {
		report.DeadLetters.AtMost += extent.End - extent.Start
	}
	if time.Since(r.counted) >= countFor {
		r.open, r.counted = r.count(ctx, report.DeadLetters.AtMost), time.Now()
	}
	report.DeadLetters.Open = r.open
	return nil
}

// count returns nil if they cannot be read, or not in time.
func (r *Reader) count(ctx context.Context, atMost int64) *int64 {
	if atMost == 0 {
		return new(int64)
	}
	if atMost > countMost {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, countTime)
	defer cancel()
	queue := deadletter.Queue{Kafka: r.kafka, Topic: r.file.DeadLetter.Topic, Pipeline: r.file.Name, Inputs: r.file.Input.Topics}
	sum, err := queue.List(ctx, deadletter.Filter{State: deadletter.Open}, nil)
	if err != nil {
		return nil
	}
	return &sum.Count
}
