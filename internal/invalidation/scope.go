package invalidation

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
)

// Scope names the entries of a tier that the change topics affect. Each scope has its own positions: another version of a
// stage's query has other entries, and changes do not reach them while only this version runs.
type Scope struct {
	// Spaces are the spaces of the tier that records of the topics may be about.
	Spaces []string
	// ID tells the spaces, and what the topics mean to them, from others. It has no @.
	ID string
}

// Scope is that of what the Invalidator applies. Its Cache must be open.
func (v *Invalidator) Scope() Scope {
	var s Scope
	id := sha256.New()
	for _, topic := range v.Topics() {
		for _, stage := range v.stagesOf(topic) {
			if space := v.cfg.Cache.Space(stage); space != "" && !slices.Contains(s.Spaces, space) {
				s.Spaces = append(s.Spaces, space)
			}
		}
	}
	slices.Sort(s.Spaces)
	_, _ = fmt.Fprintf(id, "%q %q", s.Spaces, v.cfg.Topic)
	for _, c := range v.cfg.Changes {
		_, _ = fmt.Fprintf(id, " %q %+v", c.Topic, c.Mapping)
		for _, stage := range c.Stages {
			_, _ = fmt.Fprintf(id, " %q", v.cfg.Cache.Space(stage))
		}
	}
	s.ID = fmt.Sprintf("%x", id.Sum(nil)[:8])
	return s
}

// qualified is a topic's name in a tier's positions, with its ID if it has one: a topic that is created again has other offsets.
// No topic has an @ in its name.
func (s Scope) qualified(topic, id string) string {
	if id == "" {
		return s.ID + "@" + topic
	}
	return s.ID + "@" + topic + "@" + id
}

// topic is the name and the ID of a topic whose position is one of this scope.
func (s Scope) topic(qualified string) (topic, id string, ok bool) {
	named, ok := strings.CutPrefix(qualified, s.ID+"@")
	topic, id, _ = strings.Cut(named, "@")
	return topic, id, ok
}
