package session

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/kafkaerr"
)

// startOffsets resolves the partitions without a committed offset to concrete
// offsets and commits those before anything is fetched. Otherwise an abort
// before the first commit would rewind to offset 0, and a restart would
// resolve anew and skip what came in meanwhile.
func (s *Session) startOffsets(ctx context.Context, offsets map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
	select {
	case <-s.opened:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	missing := make(map[string][]int32)
	for topic, partitions := range offsets {
		for p, offset := range partitions {
			if offset.EpochOffset().Offset >= 0 {
				continue
			}
			if s.bounds.excludes(kadm.Partition{Topic: topic, Partition: p}) {
				partitions[p] = kgo.NewOffset().At(0) // It is paused.
			} else {
				missing[topic] = append(missing[topic], p)
			}
		}
	}
	if err := s.begin(ctx, offsets, missing); err != nil {
		return nil, err
	}
	if err := s.rebuildOrder(ctx, offsets); err != nil {
		return nil, fmt.Errorf("read the retry topics: %w", err)
	}
	return offsets, nil
}

// begin resolves and commits the missing offsets. Start applies to a topic that
// the group has no offset for at all: all its partitions begin at once, even if
// other members have them. Any other partition was added later, or belongs to a
// retry topic, and begins with its oldest record.
func (s *Session) begin(ctx context.Context, offsets map[string]map[int32]kgo.Offset, missing map[string][]int32) error {
	if len(missing) == 0 {
		return nil
	}
	committed, err := kafkaadmin.FetchOffsets(ctx, s.cl, s.cfg.Group)
	if err != nil {
		return err
	}
	fresh := maps.Clone(missing)
	maps.DeleteFunc(fresh, func(topic string, _ []int32) bool {
		return len(committed[topic]) > 0 || slices.Contains(s.cfg.Retry.Topics, topic)
	})
	if s.cfg.Start.From == consumer.StartNone && len(fresh) > 0 {
		return &kafkaerr.NoOffsetError{Group: s.cfg.Group, Partitions: fresh}
	}
	admin := kadm.NewClient(s.cl)
	resolved, err := startOf(ctx, admin, s.cfg.Start, slices.Collect(maps.Keys(fresh)), everyPartition)
	if err != nil {
		return err
	}
	oldest, err := startOf(ctx, admin, consumer.Start{}, slices.Collect(maps.Keys(missing)), func(topic string, p int32) bool {
		return slices.Contains(missing[topic], p)
	})
	if err != nil {
		return err
	}
	begun := resolved
	for topic, partitions := range missing {
		if begun[topic] == nil {
			begun[topic] = make(map[int32]kgo.EpochOffset)
		}
		for _, p := range partitions {
			if before, is := committed[topic][p]; is { // Another member did so since this one has asked.
				offsets[topic][p] = kgo.NewOffset().At(before.At)
				continue
			}
			at, ok := begun[topic][p]
			if !ok {
				at, ok = oldest[topic][p]
			}
			if !ok {
				return fmt.Errorf("find the start offsets: topic %s partition %d: %w", topic, p, kerr.UnknownTopicOrPartition)
			}
			begun[topic][p] = at
			offsets[topic][p] = kgo.NewOffset().At(at.Offset)
		}
	}
	if err := commitOffsets(ctx, s.cl, begun); err != nil {
		return fmt.Errorf("commit the start offsets: %w", err)
	}
	s.noteBegun(missing, offsets)
	s.log.LogAttrs(ctx, slog.LevelInfo, "start offsets committed",
		slog.String("start", s.cfg.Start.String()), slog.String("partitions", kafkaerr.DescribePartitions(missing)))
	return nil
}

func (s *Session) noteBegun(begun map[string][]int32, offsets map[string]map[int32]kgo.Offset) {
	s.begunMu.Lock()
	defer s.begunMu.Unlock()
	for topic, partitions := range begun {
		for _, p := range partitions {
			s.begun[kadm.Partition{Topic: topic, Partition: p}] = offsets[topic][p].EpochOffset()
		}
	}
}

func (s *Session) forgetBegun(gone map[string][]int32) {
	s.begunMu.Lock()
	defer s.begunMu.Unlock()
	for topic, partitions := range gone {
		for _, p := range partitions {
			delete(s.begun, kadm.Partition{Topic: topic, Partition: p})
		}
	}
}

// committed returns the committed offsets of the partitions that the session
// has. The client does not know the offsets that begin has committed.
func (s *Session) committed() map[string]map[int32]kgo.EpochOffset {
	offsets := s.cl.CommittedOffsets()
	if offsets == nil {
		offsets = make(map[string]map[int32]kgo.EpochOffset)
	}
	s.begunMu.Lock()
	defer s.begunMu.Unlock()
	for at, offset := range s.begun {
		if offsets[at.Topic] == nil {
			offsets[at.Topic] = make(map[int32]kgo.EpochOffset)
		}
		if _, later := offsets[at.Topic][at.Partition]; !later {
			offsets[at.Topic][at.Partition] = offset
		}
	}
	return offsets
}

func everyPartition(string, int32) bool { return true }

// startOf finds where a start is in each partition of topics. What cannot be
// found is an error where it is needed.
func startOf(ctx context.Context, admin *kadm.Client, start consumer.Start, topics []string, needed func(topic string, partition int32) bool) (map[string]map[int32]kgo.EpochOffset, error) {
	found := make(map[string]map[int32]kgo.EpochOffset, len(topics))
	if len(topics) == 0 {
		return found, nil
	}
	listed, err := listStart(ctx, admin, start, topics)
	if err != nil {
		return nil, fmt.Errorf("find the start offsets: %w", err)
	}
	listed.Each(func(o kadm.ListedOffset) {
		switch {
		case o.Err == nil && o.Offset >= 0:
			if found[o.Topic] == nil {
				found[o.Topic] = make(map[int32]kgo.EpochOffset)
			}
			found[o.Topic][o.Partition] = kgo.EpochOffset{Epoch: -1, Offset: o.Offset}
		case !needed(o.Topic, o.Partition):
		case o.Err != nil:
			err = errors.Join(err, fmt.Errorf("find the start offsets: topic %s partition %d: %w", o.Topic, o.Partition, o.Err))
		default:
			err = errors.Join(err, fmt.Errorf("find the start offsets: topic %s partition %d: the broker gave offset %d", o.Topic, o.Partition, o.Offset))
		}
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

func listStart(ctx context.Context, admin *kadm.Client, start consumer.Start, topics []string) (kadm.ListedOffsets, error) {
	switch start.From {
	case consumer.StartLatest:
		// The end for readers of committed records: a transaction that is still
		// open comes after it.
		return admin.ListCommittedOffsets(ctx, topics...)
	case consumer.StartTime:
		return admin.ListOffsetsAfterMilli(ctx, start.Time.UnixMilli(), topics...)
	case consumer.StartEarliest:
		return admin.ListStartOffsets(ctx, topics...)
	default:
		return nil, errors.New("the start is not known")
	}
}
