package kafkaadmin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
)

// Extent is the range of offsets that a partition holds.
type Extent struct {
	// Start is the offset of its oldest record, or where that would be.
	Start int64
	// End is the offset after its newest record.
	End int64
}

// Extents returns the extents of the partitions of topics, as CommittedExtents does. Errors: *kafkaerr.UnreachableError,
// *kafkaerr.TopicMissingError, and what the cluster refuses.
func Extents(ctx context.Context, k consumer.Kafka, topics ...string) (map[string]map[int32]Extent, error) {
	return connected(ctx, k, func(ctx context.Context, cl *kgo.Client) (map[string]map[int32]Extent, error) {
		admin := kadm.NewClient(cl)
		if _, err := TopicDetails(ctx, admin, k, topics); err != nil {
			return nil, err
		}
		return CommittedExtents(ctx, admin, topics...)
	})
}

// CommittedExtents returns the extents of the partitions of topics for readers of committed records: they end at the last
// stable offset, before the first transaction that is still open.
func CommittedExtents(ctx context.Context, admin *kadm.Client, topics ...string) (map[string]map[int32]Extent, error) {
	return extents(ctx, admin, admin.ListCommittedOffsets, topics)
}

// WrittenExtents returns the extents of the partitions of topics with everything that was written: they end at the high
// watermark.
func WrittenExtents(ctx context.Context, admin *kadm.Client, topics ...string) (map[string]map[int32]Extent, error) {
	return extents(ctx, admin, admin.ListEndOffsets, topics)
}

// extents asks for the starts first: records that retention removes meanwhile leave no start behind an end.
func extents(ctx context.Context, admin *kadm.Client, listEnds ListOffsets, topics []string) (map[string]map[int32]Extent, error) {
	starts, err := CompleteOffsets(ctx, admin.ListStartOffsets, topics...)
	if err != nil {
		return nil, err
	}
	ends, err := CompleteOffsets(ctx, listEnds, topics...)
	if err != nil {
		return nil, err
	}
	all := make(map[string]map[int32]Extent, len(ends))
	ends.Each(func(end kadm.ListedOffset) {
		if all[end.Topic] == nil {
			all[end.Topic] = make(map[int32]Extent)
		}
		start, _ := starts.Lookup(end.Topic, end.Partition)
		all[end.Topic][end.Partition] = Extent{Start: start.Offset, End: end.Offset}
	})
	return all, nil
}

// ListOffsets asks for one offset of each partition of topics, as kadm.Client.ListEndOffsets does.
type ListOffsets func(ctx context.Context, topics ...string) (kadm.ListedOffsets, error)

// CompleteOffsets returns what list returns, or an error that names each topic and partition without an offset.
func CompleteOffsets(ctx context.Context, list ListOffsets, topics ...string) (kadm.ListedOffsets, error) {
	listed, err := AwaitBriefly(ctx, func(ctx context.Context) (kadm.ListedOffsets, error) { return list(ctx, topics...) })
	if err != nil {
		return nil, fmt.Errorf("find the offsets of %s: %w", strings.Join(topics, ", "), err)
	}
	var problems []error
	listed.Each(func(o kadm.ListedOffset) {
		switch {
		case o.Err == nil:
		case o.Partition < 0: // There is no description of the topic.
			problems = append(problems, fmt.Errorf("find the offsets of topic %s: %w", o.Topic, o.Err))
		default:
			problems = append(problems, fmt.Errorf("find the offset of topic %s partition %d: %w", o.Topic, o.Partition, o.Err))
		}
	})
	slices.SortFunc(problems, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return listed, nil
}
