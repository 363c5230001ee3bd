package consumer

import (
	"fmt"
	"strings"
	"time"
)

// StartFrom is a kind of start position.
type StartFrom int

const (
	// StartEarliest begins with the oldest record.
	StartEarliest StartFrom = iota
	// StartLatest begins after the newest record.
	StartLatest
	// StartNone refuses to begin without a committed offset.
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

// ParseStart reads earliest, latest, none or an RFC 3339 time; the empty text
// is earliest.
func ParseStart(text string) (Start, error) {
	switch strings.ToLower(text) {
	case "", "earliest":
		return Start{}, nil
	case "latest":
		return Start{From: StartLatest}, nil
	case "none":
		return Start{From: StartNone}, nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return Start{}, fmt.Errorf("start %q is not earliest, latest, none or an RFC 3339 time", text)
	}
	return Start{From: StartTime, Time: at}, nil
}

// String returns the text that ParseStart reads.
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

// NoOffsetError says that the group has no committed offset for a topic and
// that Start is none.
type NoOffsetError struct {
	Group      string
	Partitions map[string][]int32 // The partitions without one, by topic.
}

// Error implements error.
func (e *NoOffsetError) Error() string {
	return fmt.Sprintf("group %q has no committed offset for %s and start is none: set its offsets (loaderline offsets set) or choose another start",
		e.Group, describePartitions(e.Partitions))
}
