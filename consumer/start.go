package consumer

import (
	"time"
)

// StartFrom is a kind of start position.
type StartFrom int

const (
	// StartEarliest begins with the oldest record.
	StartEarliest StartFrom = iota
	// StartLatest begins after the newest record.
	StartLatest
	// StartNone fails without a committed offset.
	StartNone
	// StartTime begins with the first record at or after a time.
	StartTime
)

// Start is where a group begins with a topic that it has no committed offset
// for. If the group has an offset for any partition of the topic, the other
// partitions were added later and begin with their oldest record. The zero
// value is earliest.
type Start struct {
	From StartFrom
	// Time is for StartTime alone.
	Time time.Time
}

// String returns earliest, latest, none or an RFC 3339 time, as a pipeline file has it.
func (s Start) String() string {
	switch s.From {
	case StartLatest:
		return "latest"
	case StartNone:
		return "none"
	case StartTime:
		return s.Time.UTC().Format(time.RFC3339Nano)
	default:
		return "earliest"
	}
}
