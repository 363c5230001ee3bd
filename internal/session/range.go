package session

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/kafkaerr"
	"github.com/loaderline/loaderline/internal/nextrecord"
)

// bounds says where a session stops, and how far it has read. It is safe for
// concurrent use: the client calls back while another goroutine polls.
type bounds struct {
	ends map[string]map[int32]int64 // nil: there are none.

	mu        sync.Mutex
	positions map[kadm.Partition]int64
}

// end returns the offset before which a partition is read. Zero reads nothing.
func (b *bounds) end(at kadm.Partition) int64 { return b.ends[at.Topic][at.Partition] }

// excludes reports whether nothing of a partition is to be read.
func (b *bounds) excludes(at kadm.Partition) bool { return b.ends != nil && b.end(at) == 0 }

// within moves the position past records of a partition, and returns the records
// before its end.
func (b *bounds) within(topic string, partition int32, records []*kgo.Record) []*kgo.Record {
	if b.ends == nil {
		return records
	}
	at := kadm.Partition{Topic: topic, Partition: partition}
	b.reached(at, records[len(records)-1].Offset+1)
	end := b.end(at)
	n, _ := slices.BinarySearchFunc(records, end, func(r *kgo.Record, end int64) int { return cmp.Compare(r.Offset, end) })
	return records[:n]
}

func (b *bounds) reached(at kadm.Partition, position int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.positions[at] = max(b.positions[at], position)
}

func (b *bounds) position(at kadm.Partition) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.positions[at]
}

// rewound forgets all positions: reading begins again at what is committed.
func (b *bounds) rewound() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.positions)
}

// gone forgets the positions of revoked partitions.
func (b *bounds) gone(gone map[string][]int32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for topic, partitions := range gone {
		for _, p := range partitions {
			delete(b.positions, kadm.Partition{Topic: topic, Partition: p})
		}
	}
}

// pauseOutside stops fetching partitions outside the ranges.
func (s *Session) pauseOutside(cl *kgo.Client, assigned map[string][]int32) {
	for topic, partitions := range assigned {
		for _, p := range partitions {
			if at := (kadm.Partition{Topic: topic, Partition: p}); s.bounds.excludes(at) {
				s.pauses.set(cl, at, finished)
			}
		}
	}
}

// pauseEnded stops fetching partitions that were read to their end. Call it after
// a commit: nothing fetches such a partition again after a rewind.
func (s *Session) pauseEnded() {
	b := &s.bounds
	b.mu.Lock()
	defer b.mu.Unlock()
	for at, position := range b.positions {
		if position >= b.end(at) {
			s.pauses.set(s.cl, at, finished)
		}
	}
}

// Positions returns how far the partitions of a session with Ends were read
// since they were assigned. While no batch is held, everything before a position
// is committed, or has nothing to commit: transaction markers, aborted records
// and what compaction removed. Call it from the goroutine that polls.
func (s *Session) Positions() map[string]map[int32]int64 {
	b := &s.bounds
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make(map[string]map[int32]int64, len(b.ends))
	for at, position := range b.positions {
		if all[at.Topic] == nil {
			all[at.Topic] = make(map[int32]int64)
		}
		all[at.Topic][at.Partition] = position
	}
	return all
}

// skipGaps moves positions past offsets that have no record, in partitions that
// return nothing: the client does not report such offsets.
func (s *Session) skipGaps(ctx context.Context) error {
	for topic, partitions := range s.committed() {
		for p, committed := range partitions {
			at := kadm.Partition{Topic: topic, Partition: p}
			position := max(s.bounds.position(at), committed.Offset)
			if position < s.bounds.end(at) {
				var err error
				if position, err = s.nextOffset(ctx, at, position); err != nil {
					return err
				}
			}
			s.bounds.reached(at, position)
		}
	}
	return nil
}

// nextOffset returns the offset of the next record from a position on.
func (s *Session) nextOffset(ctx context.Context, at kadm.Partition, position int64) (int64, error) {
	next, err := nextrecord.Next(ctx, s.cl, nextrecord.Position{Topic: at.Topic, ID: s.topicIDs[at.Topic], Partition: at.Partition, Offset: position})
	switch {
	case err == nil:
		return next, nil
	case ctx.Err() != nil || kafkaerr.IsTransient(err):
		return position, ctx.Err()
	default:
		return position, fmt.Errorf("look for the end of topic %s partition %d: %w", at.Topic, at.Partition, err)
	}
}
