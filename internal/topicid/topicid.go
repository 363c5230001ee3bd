// Package topicid keeps the IDs of a pipeline's topics in Kafka, so that a restart notices a topic that was deleted and
// created again.
//
// Kafka drops a group's offsets of a topic with the topic. So the ID of each topic is kept with the other topics: as the
// metadata of their offsets, in a separate group. That group never has members, and its offsets are far beyond any
// record, so that no tool reports a lag for it.
package topicid

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
)

const (
	groupPrefix = "loaderline-topics/"
	// beyond is an offset that no partition reaches.
	beyond = int64(1) << 62
	// Partition 0 is the one that every topic has.
	partition = 0
)

// unwritable says that a topic has no note: this user may not write it, or the topic is not there at the moment.
var unwritable = []error{kerr.TopicAuthorizationFailed, kerr.GroupAuthorizationFailed, kerr.UnknownTopicOrPartition}

// IDs are the IDs of topics, by name.
type IDs map[string]kadm.TopicID

// Group is the group that keeps the topic IDs of a consumer group.
func Group(group string) string { return groupPrefix + group }

// List returns the IDs that topics have now, with the errors of kafkaadmin.TopicIDs.
func List(ctx context.Context, k consumer.Kafka, topics []string) (IDs, error) {
	found, err := kafkaadmin.TopicIDs(ctx, k, topics...)
	if err != nil {
		return nil, err
	}
	return Known(found), nil
}

// Known leaves out the topics whose ID is zero: their brokers have no IDs.
func Known(found map[string][16]byte) IDs {
	ids := make(IDs, len(found))
	for topic, id := range found {
		if id != [16]byte{} {
			ids[topic] = id
		}
	}
	return ids
}

// Load returns the IDs that were kept for a consumer group. It leaves out topics without a known ID. If this user may not
// read the group, nothing was kept.
func Load(ctx context.Context, k consumer.Kafka, group string) (IDs, error) {
	offsets, err := kafkaadmin.Offsets(ctx, k, Group(group))
	switch {
	case errors.Is(err, kerr.GroupAuthorizationFailed):
		return IDs{}, nil
	case err != nil:
		return nil, err
	}
	var notes []note
	for _, partitions := range offsets {
		for _, o := range partitions {
			if n, ok := parseNote(o.Note); ok {
				notes = append(notes, n)
			}
		}
	}
	return merge(notes), nil
}

// Keep keeps IDs for a consumer group, in place of the IDs that were kept for these topics. It returns the topics whose
// ID it could keep nowhere, because this user may read neither the group nor another topic.
func Keep(ctx context.Context, k consumer.Kafka, group string, ids IDs) (unkept []string, err error) {
	cl, err := kafkaadmin.NewClient(k)
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	notes := notesOf(ids, time.Now())
	offsets := make(kadm.Offsets, len(notes))
	for topic, n := range notes {
		offsets.Add(kadm.Offset{Topic: topic, Partition: partition, At: beyond, LeaderEpoch: -1, Metadata: n.String()})
	}
	committed, err := kafkaadmin.AwaitBriefly(ctx, func(ctx context.Context) (kadm.OffsetResponses, error) {
		return kadm.NewClient(cl).CommitOffsets(ctx, Group(group), offsets)
	})
	if err != nil && !errors.Is(err, kerr.GroupAuthorizationFailed) {
		return nil, kafkaadmin.Disconnected(k, fmt.Errorf("keep the topic IDs in group %q: %w", Group(group), err))
	}
	kept := map[string]bool{}
	var problems []error
	committed.Each(func(o kadm.OffsetResponse) {
		switch {
		case o.Err == nil:
			for topic := range notes[o.Topic].Topics {
				kept[topic] = kept[topic] || topic != o.Topic
			}
		case !slices.ContainsFunc(unwritable, func(err error) bool { return errors.Is(o.Err, err) }):
			problems = append(problems, fmt.Errorf("keep the topic IDs in group %q: topic %s: %w", Group(group), o.Topic, o.Err))
		}
	})
	for _, topic := range slices.Sorted(maps.Keys(ids)) {
		if !kept[topic] {
			unkept = append(unkept, topic)
		}
	}
	return unkept, errors.Join(problems...)
}

// Accept replaces the IDs that were kept before by the IDs that the topics have now. It changes before.
func Accept(ctx context.Context, k consumer.Kafka, group string, before, now IDs) error {
	maps.Copy(before, now)
	_, err := Keep(ctx, k, group, before)
	return err
}

// Changed returns the topics whose ID differs from the kept one, in order.
func (ids IDs) Changed(now IDs) []string {
	var changed []string
	for _, topic := range slices.Sorted(maps.Keys(ids)) {
		if id, known := now[topic]; known && id != ids[topic] {
			changed = append(changed, topic)
		}
	}
	return changed
}
