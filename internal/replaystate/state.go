// Package replaystate keeps the state of replays. Each replay has its own consumer group. The note beside each committed
// offset has the range of its partition and what the replay was begun with.
package replaystate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"regexp"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/replay"
)

// State is what is kept of a replay.
type State struct {
	replay.Status

	// Checkpoints are the checkpoints of the dead-letter limit, by topic and
	// partition.
	Checkpoints map[string]map[int32]string
}

var validID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// CheckID returns a *IDError if an ID is not valid.
func CheckID(id string) error {
	if !validID.MatchString(id) {
		return &IDError{ID: id}
	}
	return nil
}

// Group returns the consumer group of a replay.
func Group(pipeline, id string) string { return "loaderline-replay/" + pipeline + "/" + id }

// note is kept with each offset of a replay's group.
type note struct {
	replay.Range

	Description string `json:"asked,omitempty"`
	Into        string `json:"into"`
	DeadLetters string `json:"dead_letters"`
	Checkpoint  string `json:"limit,omitempty"` // of the dead-letter limit
}

// Note returns the text to commit with the offset of a partition. The
// checkpoint is that of the dead-letter limit.
func (s State) Note(topic string, partition int32, checkpoint string) string {
	text, err := json.Marshal(note{
		Range: s.Ranges[topic][partition], Description: s.Description, Into: s.Into, DeadLetters: s.DeadLetterTopic, Checkpoint: checkpoint,
	})
	if err != nil {
		panic(err) // Text and numbers can be written.
	}
	return string(text)
}

// Find returns what is kept of a replay. Without Ranges there is none.
func Find(ctx context.Context, kafka consumer.Kafka, pipeline, id string) (State, error) {
	s := State{Status: replay.Status{ID: id, Positions: map[string]map[int32]int64{}}, Checkpoints: map[string]map[int32]string{}}
	group := Group(pipeline, id)
	offsets, err := kafkaadmin.Offsets(ctx, kafka, group)
	if err != nil {
		return s, err
	}
	for topic, partitions := range offsets {
		ranges := map[int32]replay.Range{}
		s.Positions[topic], s.Checkpoints[topic] = map[int32]int64{}, map[int32]string{}
		for p, offset := range partitions {
			var n note
			if err := json.Unmarshal([]byte(offset.Note), &n); err != nil {
				return s, fmt.Errorf("group %q does not belong to a replay: topic %s partition %d has the note %q; choose another ID", group, topic, p, offset.Note)
			}
			ranges[p], s.Positions[topic][p], s.Checkpoints[topic][p] = n.Range, offset.At, n.Checkpoint
			s.Description, s.Into, s.DeadLetterTopic = n.Description, n.Into, n.DeadLetters
		}
		if s.Ranges == nil {
			s.Ranges = map[string]map[int32]replay.Range{}
		}
		s.Ranges[topic] = ranges
	}
	return s, nil
}

// each yields the ranges with their partitions.
func (s State) each() iter.Seq2[kadm.Partition, replay.Range] {
	return func(yield func(kadm.Partition, replay.Range) bool) {
		for topic, partitions := range s.Ranges {
			for p, of := range partitions {
				if !yield(kadm.Partition{Topic: topic, Partition: p}, of) {
					return
				}
			}
		}
	}
}

func (s State) position(at kadm.Partition) int64 { return s.Positions[at.Topic][at.Partition] }

func (s State) topics() []string { return slices.Sorted(maps.Keys(s.Ranges)) }

// Unfinished returns how many partitions have records left to read.
func (s State) Unfinished() int {
	n := 0
	for at, of := range s.each() {
		if s.position(at) < of.To && of.Len() > 0 {
			n++
		}
	}
	return n
}

// Ends returns the topics to read, and the offsets to stop at.
func (s State) Ends() ([]string, map[string]map[int32]int64) {
	ends := map[string]map[int32]int64{}
	for at, of := range s.each() {
		if of.Len() == 0 {
			continue
		}
		if ends[at.Topic] == nil {
			ends[at.Topic] = map[int32]int64{}
		}
		ends[at.Topic][at.Partition] = of.To
	}
	return slices.Sorted(maps.Keys(ends)), ends
}

// Advance takes over the positions that a session has reached.
func (s State) Advance(positions map[string]map[int32]int64) {
	for topic, partitions := range positions {
		for p, position := range partitions {
			if _, is := s.Ranges[topic][p]; is {
				s.Positions[topic][p] = max(s.Positions[topic][p], position)
			}
		}
	}
}

// Snapshot returns a status that no later Advance changes.
func (s State) Snapshot() replay.Status {
	status := s.Status
	status.Positions = make(map[string]map[int32]int64, len(s.Positions))
	for topic, partitions := range s.Positions {
		status.Positions[topic] = maps.Clone(partitions)
	}
	return status
}

// Finish commits the ends of ranges that end with offsets of no record. Another
// process that has taken over does so too.
func (s State) Finish(ctx context.Context, kafka consumer.Kafka, pipeline string) error {
	err := kafkaadmin.SetOffsets(ctx, kafka, Group(pipeline, s.ID), s.offsets(func(r replay.Range) int64 { return max(r.From, r.To) }))
	if _, active := errors.AsType[*kafkaadmin.GroupActiveError](err); active {
		return nil
	}
	return err
}

// offsets returns one offset for each partition, with its note.
func (s State) offsets(of func(replay.Range) int64) map[string]map[int32]kafkaadmin.CommittedOffset {
	all := map[string]map[int32]kafkaadmin.CommittedOffset{}
	for at, r := range s.each() {
		if all[at.Topic] == nil {
			all[at.Topic] = map[int32]kafkaadmin.CommittedOffset{}
		}
		all[at.Topic][at.Partition] = kafkaadmin.CommittedOffset{At: of(r), Note: s.Note(at.Topic, at.Partition, "")}
	}
	return all
}
