package kafkaerr

import (
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
)

// ProduceError says that a topic refuses what is published to it: it is
// missing, has no such partition, or is not allowed. Nothing was committed.
type ProduceError struct {
	Topic     string
	Partition int32
	Err       error
}

// Error implements error.
func (e *ProduceError) Error() string {
	text := fmt.Sprintf("publish to topic %s: %v", e.Topic, e.Err)
	switch {
	case IsAny(e.Err, kerr.UnknownTopicOrPartition, kerr.UnknownTopicID):
		return text + ": create the topic, or correct its name; if it was created anew, take the new one with loaderline offsets accept, and start again"
	case IsDenied(e.Err):
		return text + ": allow this user to write to the topic"
	case IsTooLarge(e.Err):
		return text + ": raise max.message.bytes of the topic, or publish less"
	default:
		return text
	}
}

// Unwrap gives the reason.
func (e *ProduceError) Unwrap() error { return e.Err }

// FetchError says that a partition cannot be consumed.
type FetchError struct {
	Topic     string
	Partition int32
	Group     string
	// Retry reports whether the topic is a retry topic.
	Retry bool
	Err   error
}

// Error implements error.
func (e *FetchError) Error() string {
	text := fmt.Sprintf("consume topic %s partition %d in group %q: %v", e.Topic, e.Partition, e.Group, e.Err)
	recreated := IsAny(e.Err, kerr.UnknownTopicID, kerr.InconsistentTopicID)
	switch {
	case errors.Is(e.Err, kerr.OffsetOutOfRange) && e.Retry:
		return text + ": the committed offset is not in the topic (retention removed it, or the topic was created anew): stop the group, go on with the oldest record with loaderline offsets accept, and start again"
	case recreated && e.Retry:
		return text + ": the topic was deleted or created anew: stop the group, take the new topic with loaderline offsets accept, and start again"
	case errors.Is(e.Err, kerr.OffsetOutOfRange):
		return text + ": the committed offset is not in the topic (retention removed it, or the topic was created anew): stop the group and choose where to go on with loaderline offsets set, or use another group, which begins at start"
	case recreated:
		return text + ": the topic was deleted or created anew: stop the group, choose where to go on with loaderline offsets set, and start again"
	case errors.Is(e.Err, kgo.ErrMaxDecompress):
		return text + ": skip that batch with loaderline offsets set, while the group is stopped"
	case IsDenied(e.Err):
		return text + ": allow this user to read the topic and the group"
	default:
		return text
	}
}

// Unwrap gives the reason.
func (e *FetchError) Unwrap() error { return e.Err }

// NoOffsetError says that the group has no committed offset for a topic and
// that Start is none.
type NoOffsetError struct {
	Group      string
	Partitions map[string][]int32 // The partitions without one, by topic.
}

// Error implements error.
func (e *NoOffsetError) Error() string {
	return fmt.Sprintf("group %q has no committed offset for %s and start is none: set its offsets (loaderline offsets set) or choose another start",
		e.Group, DescribePartitions(e.Partitions))
}

// Is makes the error a consumer.ErrNoOffset.
func (*NoOffsetError) Is(target error) bool { return target == consumer.ErrNoOffset }
