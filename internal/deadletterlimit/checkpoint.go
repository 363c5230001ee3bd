package deadletterlimit

import (
	"encoding/json"
	"fmt"
)

// checkpoint is the latest events of a process. Each checkpoint includes
// everything in earlier ones. So the committed checkpoint with the highest
// number is enough, in whatever order the workers commit.
type checkpoint struct {
	Number   int64   `json:"number"`
	Instance string  `json:"instance"`
	Input    []Share `json:"input"`
	Retried  []Share `json:"retried,omitempty"`
}

func (c checkpoint) String() string {
	text, _ := json.Marshal(c) // It has numbers and text: this cannot fail.
	return string(text)
}

func parseCheckpoint(text string) (checkpoint, bool) {
	var c checkpoint
	err := json.Unmarshal([]byte(text), &c)
	return c, err == nil && c.Number > 0
}

const shareFormat = "%d/%d/%d"

// MarshalText implements encoding.TextMarshaler.
func (s Share) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, shareFormat, s.Events, s.Dead, s.SentToRetry), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Share) UnmarshalText(text []byte) error {
	if _, err := fmt.Sscanf(string(text), shareFormat, &s.Events, &s.Dead, &s.SentToRetry); err != nil {
		return err
	}
	if !s.valid() {
		return fmt.Errorf("%s is no share", text)
	}
	return nil
}
