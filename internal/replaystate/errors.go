package replaystate

import (
	"fmt"

	"github.com/loaderline/loaderline/replay"
)

// IDError says that an ID has characters that an ID cannot have, or too many.
type IDError struct{ ID string }

// Error implements error.
func (e *IDError) Error() string {
	return fmt.Sprintf("replay ID %q: write letters, digits, dots, dashes and underscores, 64 at most", e.ID)
}

// Is makes the error a replay.ErrID.
func (*IDError) Is(target error) bool { return target == replay.ErrID }

// ChangedError says that an ID was used before, for another replay.
type ChangedError struct {
	ID   string
	What string // what differs, as "ranges"
	// Was is what the replay was begun with, and Now what it should continue with.
	Was, Now string
}

// Error implements error.
func (e *ChangedError) Error() string {
	return fmt.Sprintf("replay %s has another %s: it was begun with %s, not %s; use the former, or choose another ID",
		e.ID, e.What, e.Was, e.Now)
}

// Is makes the error a replay.ErrChanged.
func (*ChangedError) Is(target error) bool { return target == replay.ErrChanged }

// RemovedError says that retention has removed records of a range.
type RemovedError struct {
	Topic     string
	Partition int32
	Range     replay.Range // what was still to be read
	Start     int64        // the offset of the oldest record
}

// Error implements error.
func (e *RemovedError) Error() string {
	remains := "nothing of it remains"
	if e.Start < e.Range.To {
		remains = fmt.Sprintf("offsets %d to %d remain", e.Start, e.Range.To)
	}
	return fmt.Sprintf("topic %s partition %d: offsets %d to %d were requested, and retention has removed the records before %d: %s",
		e.Topic, e.Partition, e.Range.From, e.Range.To, e.Start, remains)
}

// Is makes the error a replay.ErrRemoved.
func (*RemovedError) Is(target error) bool { return target == replay.ErrRemoved }

// TopicError says that a replay would publish to a topic that the pipeline uses
// for something else.
type TopicError struct {
	// Field is the field of Config.
	Field string
	Topic string
	// Use is the field of the pipeline's Config that has the topic, or the field
	// Ranges or Into of Config.
	Use string
}

// Error implements error.
func (e *TopicError) Error() string {
	return fmt.Sprintf("field %s is %s, which is also in %s; publish to another topic", e.Field, e.Topic, e.Use)
}

// Is makes the error a replay.ErrTopic.
func (*TopicError) Is(target error) bool { return target == replay.ErrTopic }
