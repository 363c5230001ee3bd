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

// Assignment is a partition that a session has.
type Assignment struct {
	Topic     string
	Partition int32
	// Due is when the next record may be polled, if this is a waiting partition
	// of Retry.Topics; otherwise zero.
	Due time.Time
	// Full says that the partition waits because Retry.MaxKeys of its keys
	// wait.
	Full bool
}

// Assigned returns the partitions that the session has, in no order. Safe for
// concurrent use.
func (s *Session) Assigned() []Assignment {
	s.retries.mu.Lock()
	defer s.retries.mu.Unlock()
	s.lagMu.Lock()
	defer s.lagMu.Unlock()
	all := make([]Assignment, 0, len(s.assigned))
	for at := range s.assigned {
		all = append(all, Assignment{Topic: at.topic, Partition: at.partition, Due: s.retries.due[at], Full: s.retries.full[at]})
	}
	return all
}

func (s *Session) noteAssigned(partitions map[string][]int32) {
	s.lagMu.Lock()
	defer s.lagMu.Unlock()
	for topic, numbers := range partitions {
		for _, p := range numbers {
			s.assigned[topicPartition{topic, p}] = struct{}{}
		}
	}
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
			delete(s.assigned, topicPartition{topic, p})
		}
	}
}
