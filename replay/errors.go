package replay

import "errors"

// The errors of a replay, for errors.Is. Their text says what to do.
var (
	// ErrID says that an ID has characters that an ID cannot have, or too many.
	ErrID = errors.New("the replay ID is not valid")

	// ErrChanged says that an ID was used before, for another replay.
	ErrChanged = errors.New("the replay ID was used for another replay")

	// ErrRemoved says that retention has removed records of a range.
	ErrRemoved = errors.New("retention has removed records of a range")

	// ErrTopic says that a replay would publish to a topic that the pipeline uses
	// for something else.
	ErrTopic = errors.New("the pipeline uses the topic for something else")
)
