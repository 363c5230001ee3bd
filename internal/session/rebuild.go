package session

import (
	"context"
	"log/slog"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// rebuildOrder finds out, before anything is fetched, which keys wait in the
// retry topics of partitions that were just assigned. If another member has one
// of a partition's topics, the partition is paused: members that were started
// with other retry topics assign partitions in another way.
func (s *Session) rebuildOrder(ctx context.Context, offsets map[string]map[int32]kgo.Offset) error {
	if s.retries.order == nil {
		return nil
	}
	from := make(map[string]map[int32]int64)
	committed := s.committed()
	for _, p := range s.noteOwned(offsets) {
		for _, topic := range s.cfg.Retry.Topics {
			if from[topic] == nil {
				from[topic] = make(map[int32]int64)
			}
			if offset, ok := offsets[topic][p]; ok {
				from[topic][p] = offset.EpochOffset().Offset
			} else {
				from[topic][p] = committed[topic][p].Offset
			}
		}
	}
	if len(from) == 0 {
		return nil
	}
	waiting, err := s.waitingKeys(ctx, from)
	if err != nil {
		return err
	}
	for p, keys := range waiting {
		s.retries.order.set(p, keys)
		for _, topic := range s.cfg.topics() {
			s.pauses.end(s.cl, kadm.Partition{Topic: topic, Partition: p}, split)
		}
	}
	return nil
}

// noteOwned records which topics of a partition this session has. It returns the
// partitions for which it has all topics, and pauses the others.
func (s *Session) noteOwned(assigned map[string]map[int32]kgo.Offset) (whole []int32) {
	s.retries.mu.Lock()
	defer s.retries.mu.Unlock()
	touched := make(map[int32]bool)
	for topic, partitions := range assigned {
		for p := range partitions {
			if s.retries.owned[p] == nil {
				s.retries.owned[p] = make(map[string]bool)
			}
			s.retries.owned[p][topic] = true
			touched[p] = true
		}
	}
	for p := range touched {
		if len(s.retries.owned[p]) == len(s.cfg.topics()) {
			whole = append(whole, p)
		} else {
			s.pauseSplit(p)
		}
	}
	return whole
}

func (s *Session) pauseSplit(p int32) {
	for topic := range s.retries.owned[p] {
		s.pauses.set(s.cl, kadm.Partition{Topic: topic, Partition: p}, split)
	}
	s.log.LogAttrs(context.Background(), slog.LevelWarn, "a partition waits: another member has its input or some of its retry topics; are all processes of the group started with the same retry topics, with the same number of partitions?",
		slog.Int("partition", int(p)), slog.Any("topics", s.cfg.topics()))
}

// dropRetries forgets revoked partitions.
func (s *Session) dropRetries(gone map[string][]int32) {
	if len(s.cfg.Retry.Topics) == 0 {
		return
	}
	s.retries.mu.Lock()
	defer s.retries.mu.Unlock()
	touched := make(map[int32]bool)
	for topic, partitions := range gone {
		for _, p := range partitions {
			at := kadm.Partition{Topic: topic, Partition: p}
			delete(s.retries.notDue, at)
			delete(s.retries.due, at)
			delete(s.retries.owned[p], topic)
			touched[p] = true
		}
	}
	for p := range touched {
		if s.retries.order != nil {
			s.retries.order.drop(p)
		}
		if len(s.retries.owned[p]) == 0 {
			delete(s.retries.owned, p)
		} else if s.retries.order != nil {
			s.pauseSplit(p)
		}
	}
}
