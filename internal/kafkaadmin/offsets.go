package kafkaadmin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaerr"
)

// CommittedOffset is an offset that a group has committed.
type CommittedOffset struct {
	At int64
	// Note is the text that was committed with it.
	Note string
}

// Offsets returns the committed offsets of a group, by topic and partition. A group that does not exist has none.
// Errors: *kafkaerr.UnreachableError, and errors of the cluster.
func Offsets(ctx context.Context, k consumer.Kafka, group string) (map[string]map[int32]CommittedOffset, error) {
	return connected(ctx, k, func(ctx context.Context, cl *kgo.Client) (map[string]map[int32]CommittedOffset, error) {
		return FetchOffsets(ctx, cl, group)
	})
}

// FetchOffsets is Offsets for a client.
func FetchOffsets(ctx context.Context, cl *kgo.Client, group string) (map[string]map[int32]CommittedOffset, error) {
	fetched, err := AwaitBriefly(ctx, func(ctx context.Context) (kadm.OffsetResponses, error) {
		fetched, err := kadm.NewClient(cl).FetchOffsets(ctx, group)
		return fetched, cmp.Or(err, fetched.Error())
	})
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		return nil, fmt.Errorf("read the offsets of group %q: %w", group, err)
	}
	offsets := make(map[string]map[int32]CommittedOffset)
	fetched.Each(func(o kadm.OffsetResponse) {
		if o.At < 0 {
			return
		}
		if offsets[o.Topic] == nil {
			offsets[o.Topic] = make(map[int32]CommittedOffset)
		}
		offsets[o.Topic][o.Partition] = CommittedOffset{At: o.At, Note: o.Metadata}
	})
	return offsets, nil
}

// Notes returns the texts of a group's committed offsets, by topic and partition. A group without offsets has none. A
// partition that cannot be read is an error, because its note would be missed silently.
func Notes(ctx context.Context, k consumer.Kafka, group string) (map[string]map[int32]string, error) {
	offsets, err := Offsets(ctx, k, group)
	if err != nil {
		return nil, err
	}
	notes := map[string]map[int32]string{}
	for topic, partitions := range offsets {
		notes[topic] = map[int32]string{}
		for p, offset := range partitions {
			notes[topic][p] = offset.Note
		}
	}
	return notes, nil
}

// Member is a member of a group.
type Member struct {
	ClientID, Host string
}

// GroupActiveError says that a group has members, which would not notice that
// its offsets were set.
type GroupActiveError struct {
	Group   string
	Members []Member
}

// Error implements error.
func (e *GroupActiveError) Error() string {
	names := make([]string, len(e.Members))
	for i, m := range e.Members {
		names[i] = m.ClientID + " at " + strings.TrimPrefix(m.Host, "/")
	}
	who := "members"
	if len(names) > 0 {
		who = strings.Join(slices.Compact(slices.Sorted(slices.Values(names))), ", ")
	}
	return fmt.Sprintf("group %q is in use by %s: stop them first; one that was killed leaves when its session has timed out", e.Group, who)
}

// SetOffsets commits offsets of a group without members. Partitions that are
// not named stay as they are. Errors: *GroupActiveError, *kafkaerr.UnreachableError, and
// what the cluster refuses.
func SetOffsets(ctx context.Context, k consumer.Kafka, group string, offsets map[string]map[int32]CommittedOffset) error {
	_, err := connected(ctx, k, func(ctx context.Context, cl *kgo.Client) (struct{}, error) {
		return struct{}{}, SetOffsetsWith(ctx, kadm.NewClient(cl), group, offsets)
	})
	return err
}

// SetOffsetsWith is SetOffsets for a client.
func SetOffsetsWith(ctx context.Context, admin *kadm.Client, group string, offsets map[string]map[int32]CommittedOffset) error {
	if err := unused(ctx, admin, group); err != nil {
		return err
	}
	commit := make(kadm.Offsets)
	for topic, partitions := range offsets {
		for p, offset := range partitions {
			commit.Add(kadm.Offset{Topic: topic, Partition: p, At: offset.At, LeaderEpoch: -1, Metadata: offset.Note})
		}
	}
	_, err := AwaitBriefly(ctx, func(ctx context.Context) (kadm.OffsetResponses, error) {
		answers, err := admin.CommitOffsets(ctx, group, commit)
		return answers, cmp.Or(err, answers.Error())
	})
	if kafkaerr.IsAny(err, kerr.UnknownMemberID, kerr.IllegalGeneration, kerr.RebalanceInProgress) {
		return cmp.Or(unused(ctx, admin, group), error(&GroupActiveError{Group: group})) // It was joined just now.
	}
	if err != nil {
		return fmt.Errorf("set the offsets of group %q: %w", group, err)
	}
	return nil
}

// unused returns a *GroupActiveError if a group has members.
func unused(ctx context.Context, admin *kadm.Client, group string) error {
	described, err := AwaitBriefly(ctx, func(ctx context.Context) (kadm.DescribedGroups, error) {
		described, err := admin.DescribeGroups(ctx, group)
		return described, cmp.Or(err, described.Error())
	})
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		return fmt.Errorf("describe group %q: %w", group, err)
	}
	var members []Member
	for _, m := range described[group].Members {
		members = append(members, Member{ClientID: m.ClientID, Host: m.ClientHost})
	}
	if len(members) > 0 {
		return &GroupActiveError{Group: group, Members: members}
	}
	return nil
}
