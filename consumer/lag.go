package consumer

import (
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// PartitionLag is how far a partition was behind when it was last polled.
type PartitionLag struct {
	Topic     string
	Partition int32
	// Records is the distance to the end of the partition. Transaction
	// markers count, so it may stay above zero by one or a few.
	Records int64
	// Newest is the timestamp of the last record that was polled.
	Newest time.Time
}

// Lag returns the lag of the partitions that gave records since they were
// assigned, in no order. Safe for concurrent use.
func (s *Session) Lag() []PartitionLag {
	s.lagMu.Lock()
	defer s.lagMu.Unlock()
	lags := make([]PartitionLag, 0, len(s.lag))
	for _, lag := range s.lag {
		lags = append(lags, lag)
	}
	return lags
}

func (s *Session) noteLag(p kgo.FetchTopicPartition) {
	last := p.Records[len(p.Records)-1]
	s.lagMu.Lock()
	defer s.lagMu.Unlock()
	s.lag[topicPartition{p.Topic, p.Partition}] = PartitionLag{
		Topic:     p.Topic,
		Partition: p.Partition,
		Records:   max(p.HighWatermark-last.Offset-1, 0),
		Newest:    last.Timestamp,
	}
}

func (s *Session) dropLag(gone map[string][]int32) {
	s.lagMu.Lock()
	defer s.lagMu.Unlock()
	for topic, partitions := range gone {
		for _, p := range partitions {
			delete(s.lag, topicPartition{topic, p})
		}
	}
}
