package deadletter

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"time"
)

// maxGroups bounds how many groups are told apart by their message.
const maxGroups = 1000

// otherMessages is the message of a group that holds what came after maxGroups.
const otherMessages = "(other messages)"

// Group is dead letters that failed alike.
type Group struct {
	State State  `json:"state"`
	Kind  string `json:"kind"`
	Stage string `json:"stage"`
	// Message is theirs, with … for what differs from record to record: numbers, UUIDs, and what is in quotes.
	Message string `json:"message"`
	Count   int64  `json:"count"`
	// Redriven is how many of them were redriven before.
	Redriven  int64     `json:"redriven_before"`
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
	// Example are the coordinates of the first of them that was read, for show.
	Example Coordinates `json:"example"`
}

// varying matches what differs between the messages of records that failed alike.
var varying = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b|\b0x[0-9a-fA-F]+\b|\b\d[\d.,:TZ_-]*\b`)

// normal is a message without what differs from record to record.
func normal(message string) string {
	return varying.ReplaceAllStringFunc(message, func(found string) string {
		if quote := found[:1]; quote == `"` || quote == `'` {
			return quote + "…" + quote
		}
		return "…"
	})
}

// groups collects dead letters by what they have in common.
type groups map[groupKey]*Group

type groupKey struct {
	state                State
	kind, stage, message string
}

func (g groups) add(l Letter) {
	key := groupKey{l.State, l.Kind, l.Stage, normal(l.Message)}
	if _, known := g[key]; !known && len(g) >= maxGroups {
		key.message = otherMessages
	}
	died := l.Record.Timestamp.UTC()
	of, known := g[key]
	if !known {
		of = &Group{State: l.State, Kind: l.Kind, Stage: l.Stage, Message: key.message, FirstSeen: died, LastSeen: died, Example: l.Coordinates}
		g[key] = of
	}
	of.Count++
	if l.Redrives > 0 {
		of.Redriven++
	}
	if died.Before(of.FirstSeen) {
		of.FirstSeen = died
	}
	if died.After(of.LastSeen) {
		of.LastSeen = died
	}
}

// sorted are the groups, the largest first.
func (g groups) sorted() []Group {
	all := make([]Group, 0, len(g))
	for _, of := range g {
		all = append(all, *of)
	}
	slices.SortFunc(all, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Stage, b.Stage), cmp.Compare(a.Message, b.Message), cmp.Compare(a.State, b.State))
	})
	return all
}

// Summary is what a filter chooses, by groups.
type Summary struct {
	Groups []Group
	Count  int64 // of all groups
	// Others are the dead letters of other pipelines in the range, by their pipeline.
	Others map[string]int64
}

// Progress is told how many of the offsets in the range have been passed.
type Progress func(passed, total int64)

// List groups the dead letters that a filter chooses. Progress may be nil.
func (q Queue) List(ctx context.Context, f Filter, progress Progress) (Summary, error) {
	s, err := q.choose(ctx, f)
	if err != nil {
		return Summary{}, err
	}
	all := groups{}
	sum := Summary{Others: s.others}
	err = s.each(ctx, s.report(progress), func(l Letter) error {
		all.add(l)
		sum.Count++
		return nil
	})
	sum.Groups = all.sorted()
	return sum, err
}

// report binds progress to the range.
func (s *selection) report(progress Progress) func(passed int64) {
	if progress == nil {
		return nil
	}
	return func(passed int64) { progress(passed, s.total) }
}
