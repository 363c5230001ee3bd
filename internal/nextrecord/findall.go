package nextrecord

import (
	"context"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"golang.org/x/sync/errgroup"
)

const asks = 16 // side by side

// sizes are the rounds: how many partitions one request asks for, and how many bytes of each. Most partitions have only markers left, or
// small batches of records. A larger batch does not fit: its partition is asked for again with more bytes, and alone at last.
var sizes = []struct{ partitions, bytes int }{{1_000, 4 << 10}, {100, 64 << 10}}

// FindAll is Find at many positions, each in another partition. It asks for many partitions at once. It takes the leaders and the IDs
// from topics. With an error too, which names the position, it returns how far it has come.
func FindAll(ctx context.Context, client *kgo.Client, topics kadm.TopicDetails, all []Position) ([]Record, error) {
	s := &search{client: client, positions: slices.Clone(all), leaders: make([]int32, len(all)), found: make([]Record, len(all))}
	var open []int
	for i, at := range all {
		s.found[i].Offset = at.Offset
		s.positions[i].ID = topics[at.Topic].ID
		if partition, known := topics[at.Topic].Partitions[at.Partition]; known && partition.Leader >= 0 {
			s.leaders[i] = partition.Leader
			open = append(open, i)
		}
	}
	for _, size := range sizes {
		var err error
		if open, err = s.round(ctx, open, size.partitions, size.bytes); err != nil {
			return s.found, err
		}
	}
	return s.found, s.alone(ctx, open)
}

// search is a call of FindAll. Each position has its own place in the slices.
type search struct {
	client    *kgo.Client
	positions []Position
	leaders   []int32
	found     []Record
}

// round asks each leader for the open positions, as many in one request as partitions says. It returns the positions that are still open.
func (s *search) round(ctx context.Context, open []int, partitions, bytes int) (left []int, err error) {
	byLeader := map[int32][]int{}
	for _, i := range open {
		byLeader[s.leaders[i]] = append(byLeader[s.leaders[i]], i)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(asks)
	var parts [][]int
	for _, list := range byLeader {
		parts = slices.AppendSeq(parts, slices.Chunk(list, partitions))
	}
	for n, part := range parts {
		group.Go(func() (err error) {
			parts[n], err = s.ask(ctx, part, bytes)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.Concat(parts...), nil
}

// ask asks one leader for some positions. It repeats the request for positions that moved forward, and returns the ones that did not and are
// still open.
func (s *search) ask(ctx context.Context, part []int, bytes int) (left []int, err error) {
	for len(part) > 0 {
		positions := make([]Position, len(part))
		for n, i := range part {
			positions[n] = s.positions[i]
		}
		first := positions[0]
		answer, err := s.client.Broker(int(s.leaders[part[0]])).RetriableRequest(ctx, request(int32(bytes), int32(bytes*len(part)), positions...))
		if err != nil {
			return nil, fmt.Errorf("look for the next record of topic %s partition %d and others: %w", first.Topic, first.Partition, err)
		}
		partitions := partitionsOf(answer, positions)
		var further []int
		for _, i := range part {
			at := s.positions[i]
			switch settled := s.settle(i, partitions[kadm.Partition{Topic: at.Topic, Partition: at.Partition}]); {
			case settled:
			case s.positions[i].Offset > at.Offset:
				further = append(further, i)
			default:
				left = append(left, i)
			}
		}
		part = further
	}
	return left, nil
}

// settle takes what was answered of the i-th position, and reports whether that says all. An answer without batches does not,
// where records may be left: it may have had no room for them.
func (s *search) settle(i int, partition *kmsg.FetchResponseTopicPartition) bool {
	at := &s.positions[i]
	if partition == nil {
		return false
	}
	found, next := process(*at, partition)
	switch {
	case found.Err != nil: // A client meets it too, and says so.
		return true
	case len(found.Records) > 0:
		s.found[i] = recordOf(found, partition)
		return true
	}
	at.Offset = max(next, at.Offset)
	s.found[i].Offset = at.Offset
	return at.Offset >= partition.LastStableOffset
}

// alone asks for each open position by itself.
func (s *search) alone(ctx context.Context, open []int) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(asks)
	for _, i := range open {
		group.Go(func() (err error) {
			at := s.positions[i]
			if s.found[i], err = Find(ctx, s.client, s.leaders[i], at); err != nil {
				return fmt.Errorf("look for the next record of topic %s partition %d: %w", at.Topic, at.Partition, err)
			}
			return nil
		})
	}
	return group.Wait()
}

// partitionsOf returns what an answer says of each partition. Newer brokers name topics by their IDs alone. It is empty where
// nobody can say.
func partitionsOf(answer kmsg.Response, positions []Position) map[kadm.Partition]*kmsg.FetchResponseTopicPartition {
	fetched, ok := answer.(*kmsg.FetchResponse)
	if !ok || fetched.ErrorCode != 0 {
		return nil
	}
	names := map[[16]byte]string{}
	for _, at := range positions {
		names[at.ID] = at.Topic
	}
	partitions := make(map[kadm.Partition]*kmsg.FetchResponseTopicPartition, len(positions))
	for i := range fetched.Topics {
		topic := &fetched.Topics[i]
		name := topic.Topic
		if name == "" {
			name = names[topic.TopicID]
		}
		for j := range topic.Partitions {
			partitions[kadm.Partition{Topic: name, Partition: topic.Partitions[j].Partition}] = &topic.Partitions[j]
		}
	}
	return partitions
}
