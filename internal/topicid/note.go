package topicid

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
)

// maxNote is how long a note may be: brokers take 4,096 bytes by default.
const maxNote = 4000

// note is what is kept with the offset of one topic: the IDs of other topics.
type note struct {
	// At is when it was written, in microseconds since 1970. A later note replaces an earlier one.
	At     int64             `json:"at"`
	Topics map[string]string `json:"topics"`
}

func (n note) String() string {
	text, _ := json.Marshal(n) // Text and numbers can be written.
	return string(text)
}

func parseNote(text string) (note, bool) {
	var n note
	err := json.Unmarshal([]byte(text), &n)
	return n, err == nil && n.At > 0
}

// notesOf returns the note of each topic: its own ID, and the IDs of the topics that come after it, in a circle, as many as
// a note has room for. A note is deleted with its topic, so its own ID only replaces what is left of it in notes that
// this user may not write.
func notesOf(ids IDs, now time.Time) map[string]note {
	topics := slices.Sorted(maps.Keys(ids))
	notes := make(map[string]note, len(topics))
	for i, topic := range topics {
		n := note{At: now.UnixMicro(), Topics: map[string]string{}}
		for _, other := range slices.Concat(topics[i:], topics[:i]) {
			id := ids[other]
			n.Topics[other] = base64.RawURLEncoding.EncodeToString(id[:])
			if len(n.String()) > maxNote {
				delete(n.Topics, other)
				break
			}
		}
		notes[topic] = n
	}
	return notes
}

// merge takes the ID of each topic from the latest note that has it.
func merge(notes []note) IDs {
	slices.SortFunc(notes, func(a, b note) int { return cmp.Compare(a.At, b.At) })
	ids := IDs{}
	for _, n := range notes {
		for topic, text := range n.Topics {
			id, err := base64.RawURLEncoding.DecodeString(text)
			if err == nil && len(id) == len(kadm.TopicID{}) {
				ids[topic] = kadm.TopicID(id)
			}
		}
	}
	return ids
}
