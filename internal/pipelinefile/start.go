package pipelinefile

import (
	"fmt"
	"time"
)

// StartPosition is where a group begins with a topic that it has no offsets for.
type StartPosition string

// Where a group without offsets begins. With StartNone it does not begin: the
// run ends with an error. With StartTime it begins at the first record of that
// time or later.
const (
	StartEarliest StartPosition = "earliest"
	StartLatest   StartPosition = "latest"
	StartNone     StartPosition = "none"
	StartTime     StartPosition = "time"
)

// Start is where a group begins with a topic that it has no offsets for.
type Start struct {
	Position StartPosition
	// Time is set with StartTime only.
	Time time.Time
}

// String returns the start as the file has it.
func (s Start) String() string {
	if s.Position == StartTime {
		return s.Time.Format(time.RFC3339Nano)
	}
	return string(s.Position)
}

// UnmarshalText reads a position's name or a time of RFC 3339.
func (s *Start) UnmarshalText(text []byte) error {
	if p := StartPosition(text); p == StartEarliest || p == StartLatest || p == StartNone {
		*s = Start{Position: p}
		return nil
	}
	at, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return fmt.Errorf("neither a position nor a time: %w", err)
	}
	*s = Start{Position: StartTime, Time: at}
	return nil
}
