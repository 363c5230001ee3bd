package offsets

import (
	"context"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/topicid"
)

// Accept accepts topics of a group as they are now. It returns the topics that were deleted and created again, and the
// consumed topics whose committed offset is no longer in the topic. In these the group continues with the oldest record
// of the partition. Errors: *kafkaadmin.GroupActiveError, and the errors of kafkaadmin.TopicIDs and kafkaadmin.Offsets.
func Accept(ctx context.Context, kafka consumer.Kafka, group string, topics, consumed []string) ([]string, error) {
	now, err := topicid.List(ctx, kafka, topics)
	if err != nil {
		return nil, err
	}
	before, err := topicid.Load(ctx, kafka, group)
	if err != nil {
		return nil, err
	}
	changed := before.Changed(now)
	committed, err := kafkaadmin.Offsets(ctx, kafka, group)
	if err != nil {
		return nil, err
	}
	extents, err := kafkaadmin.Extents(ctx, kafka, consumed...)
	if err != nil {
		return nil, err
	}
	oldest := map[string]map[int32]kafkaadmin.CommittedOffset{}
	for _, topic := range consumed {
		for p, extent := range extents[topic] {
			at, is := committed[topic][p]
			outside := is && (at.At < extent.Start || at.At > extent.End)
			if !outside && !slices.Contains(changed, topic) {
				continue
			}
			if oldest[topic] == nil {
				oldest[topic] = map[int32]kafkaadmin.CommittedOffset{}
			}
			oldest[topic][p] = kafkaadmin.CommittedOffset{At: extent.Start}
		}
	}
	if err := kafkaadmin.SetOffsets(ctx, kafka, group, oldest); err != nil {
		return nil, err
	}
	maps.DeleteFunc(now, func(topic string, _ kadm.TopicID) bool { return !slices.Contains(changed, topic) })
	if err := topicid.Accept(ctx, kafka, group, before, now); err != nil {
		return nil, err
	}
	for topic := range oldest {
		if !slices.Contains(changed, topic) {
			changed = append(changed, topic)
		}
	}
	slices.Sort(changed)
	return changed, nil
}
