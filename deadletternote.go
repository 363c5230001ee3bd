package loaderline

import (
	"fmt"
	"math"
	"strings"
)

// note is the latest events of a process, those that are being committed included. That of a later claim has all that
// those before it have: so however the workers' commits overtake each other, the latest note that is there is enough.
type note struct {
	shares

	claim    int64
	instance string
}

const (
	noteFormat = "loaderline: %d dead letters of %d events; %d "
	// waitedFormat is for those that have events that came out of retry topics.
	waitedFormat = "loaderline: %d dead letters of %d events, %g of %d after retries; %d "
)

func (n note) String() string {
	dead := int(math.Round(n.first.dead))
	if n.waited.events == 0 {
		return fmt.Sprintf(noteFormat, dead, n.first.events, n.claim) + n.instance
	}
	return fmt.Sprintf(waitedFormat, dead, n.first.events, n.waited.dead, n.waited.events, n.claim) + n.instance
}

func parseNote(text string) (note, bool) {
	var (
		n    note
		dead int
	)
	if _, err := fmt.Sscanf(text, noteFormat, &dead, &n.first.events, &n.claim); err != nil {
		if _, err := fmt.Sscanf(text, waitedFormat, &dead, &n.first.events, &n.waited.dead, &n.waited.events, &n.claim); err != nil {
			return note{}, false
		}
	}
	n.first.dead = float64(dead)
	if !n.first.valid() || !n.waited.valid() || n.first.events+n.waited.events == 0 {
		return note{}, false
	}
	_, rest, _ := strings.Cut(text, "; ")
	_, n.instance, _ = strings.Cut(rest, " ")
	return n, true
}
