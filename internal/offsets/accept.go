package offsets

import (
	"context"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/topicid"
)

// Accept takes topics of a group as they are now, and returns those that were deleted and created again. The group begins
// those that it consumes with their oldest record. Errors: *consumer.GroupActiveError, and those of loaderline.AcceptTopics.
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
	oldest := map[string]map[int32]consumer.CommittedOffset{}
	extents, err := consumer.Extents(ctx, kafka, consumed...)
	if err != nil {
		return nil, err
	}
	for _, topic := range changed {
		for p, extent := range extents[topic] {
			if oldest[topic] == nil {
				oldest[topic] = map[int32]consumer.CommittedOffset{}
			}
			oldest[topic][p] = consumer.CommittedOffset{At: extent.Start}
		}
	}
	if err := consumer.SetOffsets(ctx, kafka, group, oldest); err != nil {
		return nil, err
	}
	return changed, loaderline.AcceptTopics(ctx, kafka, group, changed...)
}
