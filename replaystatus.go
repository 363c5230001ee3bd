package loaderline

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/loaderline/loaderline/consumer"
)

// ReplayStatus is what is known of a replay.
type ReplayStatus struct {
	ID string
	// Ranges are what it reads, by topic and partition, and Positions how far it has come: what is before is published.
	Ranges    map[string]map[int32]Range
	Positions map[string]map[int32]int64
	// Asked, Into and DeadLetterTopic are what it was begun with.
	Asked, Into, DeadLetterTopic string
}

// clone returns a status that no later step changes.
func (s ReplayStatus) clone() ReplayStatus {
	positions := make(map[string]map[int32]int64, len(s.Positions))
	for topic, partitions := range s.Positions {
		positions[topic] = maps.Clone(partitions)
	}
	s.Positions = positions
	return s
}

// Finished says that all ranges were read to their end.
func (s ReplayStatus) Finished() bool {
	done, total := s.Offsets()
	return s.Ranges != nil && done == total
}

// Offsets is how many offsets of the ranges were read, and how many there are.
func (s ReplayStatus) Offsets() (done, total int64) {
	for at, of := range s.each() {
		total += of.Len()
		done += Range{From: of.From, To: min(s.position(at), of.To)}.Len()
	}
	return done, total
}

// FindReplay finds what is kept of a replay. Without Ranges there is none: it was never begun, or Kafka has forgotten the
// offsets of a group that has long been unused.
func FindReplay(ctx context.Context, kafka consumer.Kafka, pipeline, id string) (ReplayStatus, error) {
	if err := checkReplayID(id); err != nil {
		return ReplayStatus{}, err
	}
	kept, err := findReplay(ctx, kafka, pipeline, id)
	return kept.ReplayStatus, err
}

// place is a partition of a topic.
type place struct {
	topic     string
	partition int32
}

func (s ReplayStatus) each() iter.Seq2[place, Range] {
	return func(yield func(place, Range) bool) {
		for topic, partitions := range s.Ranges {
			for p, of := range partitions {
				if !yield(place{topic, p}, of) {
					return
				}
			}
		}
	}
}

func (s ReplayStatus) position(at place) int64 { return s.Positions[at.topic][at.partition] }

func (s ReplayStatus) topics() []string { return slices.Sorted(maps.Keys(s.Ranges)) }

// partitions is how many partitions have something left to read.
func (s ReplayStatus) partitions() int {
	n := 0
	for at, of := range s.each() {
		if s.position(at) < of.To && of.Len() > 0 {
			n++
		}
	}
	return n
}

// ends are the topics to read, and where to stop.
func (s ReplayStatus) ends() ([]string, map[string]map[int32]int64) {
	ends := map[string]map[int32]int64{}
	for at, of := range s.each() {
		if of.Len() == 0 {
			continue
		}
		if ends[at.topic] == nil {
			ends[at.topic] = map[int32]int64{}
		}
		ends[at.topic][at.partition] = of.To
	}
	return slices.Sorted(maps.Keys(ends)), ends
}

// keptNote is what is kept with each offset of a replay's group.
type keptNote struct {
	Range

	Asked       string `json:"asked,omitempty"`
	Into        string `json:"into"`
	DeadLetters string `json:"dead_letters"`
	Limit       string `json:"limit,omitempty"` // the note of the dead-letter limit
}

func (s ReplayStatus) note(at place, limit string) string {
	text, err := json.Marshal(keptNote{Range: s.Ranges[at.topic][at.partition], Asked: s.Asked, Into: s.Into, DeadLetters: s.DeadLetterTopic, Limit: limit})
	if err != nil {
		panic(err) // Text and numbers can be written.
	}
	return string(text)
}

// offsets are one for each partition, with its note.
func (s ReplayStatus) offsets(of func(Range) int64) map[string]map[int32]consumer.CommittedOffset {
	all := map[string]map[int32]consumer.CommittedOffset{}
	for at, r := range s.each() {
		if all[at.topic] == nil {
			all[at.topic] = map[int32]consumer.CommittedOffset{}
		}
		all[at.topic][at.partition] = consumer.CommittedOffset{At: of(r), Note: s.note(at, "")}
	}
	return all
}

// settle commits the ends of ranges that end with offsets of no record. Another process that has taken over does so too.
func (s ReplayStatus) settle(ctx context.Context, kafka consumer.Kafka, pipeline string) error {
	err := consumer.SetOffsets(ctx, kafka, replayGroup(pipeline, s.ID), s.offsets(func(r Range) int64 { return max(r.From, r.To) }))
	if _, active := errors.AsType[*consumer.GroupActiveError](err); active {
		return nil
	}
	return err
}

// keptReplay is a status with the notes of the dead-letter limit.
type keptReplay struct {
	ReplayStatus

	limits map[string]map[int32]string
}

func findReplay(ctx context.Context, kafka consumer.Kafka, pipeline, id string) (keptReplay, error) {
	kept := keptReplay{ReplayStatus: ReplayStatus{ID: id, Positions: map[string]map[int32]int64{}}, limits: map[string]map[int32]string{}}
	group := replayGroup(pipeline, id)
	offsets, err := consumer.Offsets(ctx, kafka, group)
	if err != nil {
		return kept, err
	}
	for topic, partitions := range offsets {
		ranges := map[int32]Range{}
		kept.Positions[topic], kept.limits[topic] = map[int32]int64{}, map[int32]string{}
		for p, offset := range partitions {
			var note keptNote
			if err := json.Unmarshal([]byte(offset.Note), &note); err != nil {
				return kept, fmt.Errorf("group %q is not that of a replay: topic %s partition %d has the note %q; choose another ID", group, topic, p, offset.Note)
			}
			ranges[p], kept.Positions[topic][p], kept.limits[topic][p] = note.Range, offset.At, note.Limit
			kept.Asked, kept.Into, kept.DeadLetterTopic = note.Asked, note.Into, note.DeadLetters
		}
		if kept.Ranges == nil {
			kept.Ranges = map[string]map[int32]Range{}
		}
		kept.Ranges[topic] = ranges
	}
	return kept, nil
}

func sameRanges(a, b map[string]map[int32]Range) bool {
	return maps.EqualFunc(a, b, maps.Equal)
}

// describeRanges gives ranges in order, as orders 0:10-20 1:5-5.
func describeRanges(ranges map[string]map[int32]Range) string {
	var texts []string
	for _, topic := range slices.Sorted(maps.Keys(ranges)) {
		parts := []string{topic}
		for _, p := range slices.Sorted(maps.Keys(ranges[topic])) {
			parts = append(parts, fmt.Sprintf("%d:%d-%d", p, ranges[topic][p].From, ranges[topic][p].To))
		}
		texts = append(texts, strings.Join(parts, " "))
	}
	return cmp.Or(strings.Join(texts, ", "), "none")
}
