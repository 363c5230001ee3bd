package session

import (
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// PartitionStatus is a partition that a session has.
type PartitionStatus struct {
	Topic     string
	Partition int32
	// Lag is the distance to the end of the partition when it was last polled, or
	// -1 if it has given no records since it was assigned. Transaction markers
	// count, so it may stay above zero by one or a few.
	Lag int64
	// Newest is the timestamp of the last record that was polled, if Lag is not
	// -1.
	Newest time.Time
	// Due is when the next record may be polled, if this is a waiting partition
	// of Retry.Topics; otherwise zero.
	Due time.Time
	// Full reports whether the partition waits because Retry.MaxKeys of its keys
	// wait.
	Full bool
}

// Partitions returns the partitions that the session has, in no order. Safe for
// concurrent use.
func (s *Session) Partitions() []PartitionStatus {
	s.retries.mu.Lock()
	defer s.retries.mu.Unlock()
	s.assignedMu.Lock()
	defer s.assignedMu.Unlock()
	all := make([]PartitionStatus, 0, len(s.assigned))
	for at, status := range s.assigned {
		status.Due, status.Full = s.retries.due[at], s.pauses.has(at, keysFull)
		all = append(all, status)
	}
	return all
}

func (s *Session) noteAssigned(partitions map[string][]int32) {
	s.assignedMu.Lock()
	defer s.assignedMu.Unlock()
	for topic, numbers := range partitions {
		for _, p := range numbers {
			at := kadm.Partition{Topic: topic, Partition: p}
			if _, is := s.assigned[at]; !is {
				s.assigned[at] = PartitionStatus{Topic: topic, Partition: p, Lag: -1}
			}
		}
	}
}

func (s *Session) noteLag(p kgo.FetchTopicPartition) {
	last := p.Records[len(p.Records)-1]
	s.assignedMu.Lock()
	defer s.assignedMu.Unlock()
	at := kadm.Partition{Topic: p.Topic, Partition: p.Partition}
	if status, is := s.assigned[at]; is {
		status.Lag, status.Newest = max(p.HighWatermark-last.Offset-1, 0), last.Timestamp
		s.assigned[at] = status
	}
}

func (s *Session) dropAssigned(gone map[string][]int32) {
	s.assignedMu.Lock()
	defer s.assignedMu.Unlock()
	for topic, partitions := range gone {
		for _, p := range partitions {
			delete(s.assigned, kadm.Partition{Topic: topic, Partition: p})
		}
	}
}
