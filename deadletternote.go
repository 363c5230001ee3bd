package loaderline

import (
	"encoding/json"
	"fmt"
)

// note is the latest events of a process, those that are being committed included. That of a later claim has all that
// those before it have: so however the workers' commits overtake each other, the latest note that is there is enough.
type note struct {
	Claim    int64   `json:"claim"`
	Instance string  `json:"instance"`
	First    []share `json:"first"`
	Waited   []share `json:"waited,omitempty"`
}

func (n note) String() string {
	text, _ := json.Marshal(n) // of numbers and text: it cannot fail
	return string(text)
}

func parseNote(text string) (note, bool) {
	var n note
	err := json.Unmarshal([]byte(text), &n)
	return n, err == nil && n.Claim > 0
}

const shareFormat = "%d/%d/%d"

// MarshalText implements encoding.TextMarshaler.
func (s share) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, shareFormat, s.events, s.dead, s.retried), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *share) UnmarshalText(text []byte) error {
	if _, err := fmt.Sscanf(string(text), shareFormat, &s.events, &s.dead, &s.retried); err != nil {
		return err
	}
	if !s.valid() {
		return fmt.Errorf("%s is no share", text)
	}
	return nil
}

// latest is those of the note that are within a window.
func (n note) latest(window int) latest { return latest{trim(n.First, window), trim(n.Waited, window)} }
