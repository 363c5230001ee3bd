package replaystate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/replay"
)

// Begin finds what is kept of a replay, or keeps what the configuration says.
//
// Errors: *ChangedError if the ID was used for another replay, and
// *RemovedError if what is still to be read was removed.
func Begin(ctx context.Context, kafka consumer.Kafka, pipeline string, cfg replay.Config) (State, error) {
	s, err := Find(ctx, kafka, pipeline, cfg.ID)
	switch {
	case err != nil:
		return s, err
	case s.Ranges == nil && cfg.Ranges == nil:
		return s, fmt.Errorf("pipeline %s has no replay %s to continue; say what to read", pipeline, cfg.ID)
	case s.Ranges != nil:
		if err := same(cfg, s.Status); err != nil {
			return s, err
		}
		return s, s.present(ctx, kafka)
	}
	s.Status = replay.Status{ID: cfg.ID, Ranges: cfg.Ranges, Description: cfg.Description, Into: cfg.Into, DeadLetterTopic: cfg.DeadLetterTopic}
	s.Positions = map[string]map[int32]int64{}
	for topic, partitions := range cfg.Ranges {
		s.Positions[topic] = map[int32]int64{}
		for p, of := range partitions {
			s.Positions[topic][p] = of.From
		}
	}
	if err := s.present(ctx, kafka); err != nil {
		return s, err
	}
	return s, kafkaadmin.SetOffsets(ctx, kafka, Group(pipeline, cfg.ID), s.offsets(func(of replay.Range) int64 { return of.From }))
}

// same returns a *ChangedError if the ID was used for another replay.
func same(cfg replay.Config, kept replay.Status) error {
	changed := func(what, was, is string) error {
		return &ChangedError{ID: cfg.ID, What: what, Was: was, Now: is}
	}
	switch {
	case cfg.Ranges != nil && !maps.EqualFunc(cfg.Ranges, kept.Ranges, maps.Equal):
		return changed("ranges", describe(kept.Ranges), describe(cfg.Ranges))
	case cfg.Into != kept.Into:
		return changed("topic", kept.Into, cfg.Into)
	case cfg.DeadLetterTopic != kept.DeadLetterTopic:
		return changed("dead-letter topic", kept.DeadLetterTopic, cfg.DeadLetterTopic)
	default:
		return nil
	}
}

// describe returns ranges in order, as orders 0:10-20 1:5-5.
func describe(ranges map[string]map[int32]replay.Range) string {
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

// present returns RemovedErrors if what is still to be read was
// removed.
func (s State) present(ctx context.Context, kafka consumer.Kafka) error {
	extents, err := kafkaadmin.Extents(ctx, kafka, s.topics()...)
	if err != nil {
		return err
	}
	var removed []error
	for at, of := range s.each() {
		left := replay.Range{From: max(of.From, s.position(at)), To: of.To}
		if start := extents[at.Topic][at.Partition].Start; left.Len() > 0 && left.From < start {
			removed = append(removed, &RemovedError{Topic: at.Topic, Partition: at.Partition, Range: left, Start: start})
		}
	}
	slices.SortFunc(removed, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	return errors.Join(removed...)
}
