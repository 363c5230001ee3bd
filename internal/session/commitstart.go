package session

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/kafkaerr"
)

// CommitStart commits the offsets that cfg.Start means, for each topic that
// cfg.Group has no offset for. It commits all partitions of such a topic at
// once: from then on a partition without an offset is new. Call it before the
// process opens its sessions. It leaves a group with members alone, because
// their sessions do the same. It does nothing for consumer.StartNone.
//
// Errors: *kafkaerr.UnreachableError, *kafkaerr.TopicMissingError, and what the cluster refuses.
func CommitStart(ctx context.Context, cfg Config) error {
	cfg = cfg.withDefaults()
	if cfg.Start.From == consumer.StartNone {
		return nil
	}
	cl, err := kafkaadmin.Connect(ctx, cfg.Kafka)
	if err != nil {
		return err
	}
	defer cl.Close()
	return kafkaadmin.Disconnected(cfg.Kafka, commitStart(ctx, cl, cfg))
}

func commitStart(ctx context.Context, cl *kgo.Client, cfg Config) error {
	admin := kadm.NewClient(cl)
	committed, err := kafkaadmin.FetchOffsets(ctx, cl, cfg.Group)
	if err != nil {
		return err
	}
	topics := slices.DeleteFunc(slices.Clone(cfg.Topics), func(topic string) bool { return len(committed[topic]) > 0 })
	if _, err := kafkaadmin.TopicDetails(ctx, admin, cfg.Kafka, topics); err != nil {
		return err
	}
	found, err := awaitStart(ctx, admin, cfg, topics)
	if err != nil || len(found) == 0 {
		return err
	}
	offsets := make(map[string]map[int32]kafkaadmin.CommittedOffset, len(found))
	for topic, partitions := range found {
		offsets[topic] = make(map[int32]kafkaadmin.CommittedOffset, len(partitions))
		for p, offset := range partitions {
			offsets[topic][p] = kafkaadmin.CommittedOffset{At: offset.Offset}
		}
	}
	err = kafkaadmin.SetOffsetsWith(ctx, admin, cfg.Group, offsets)
	if _, active := errors.AsType[*kafkaadmin.GroupActiveError](err); active {
		return nil
	}
	if err == nil {
		cfg.Logger.LogAttrs(ctx, slog.LevelInfo, "start offsets committed",
			slog.String("start", cfg.Start.String()), slog.Any("topics", topics))
	}
	return err
}

// awaitStart is startOf for all partitions of topics. It waits cfg.ReachTimeout
// for a partition without a leader.
func awaitStart(ctx context.Context, admin *kadm.Client, cfg Config, topics []string) (map[string]map[int32]kgo.EpochOffset, error) {
	ctx, cancel := context.WithTimeout(ctx, cfg.ReachTimeout)
	defer cancel()
	for {
		found, err := startOf(ctx, admin, cfg.Start, topics, everyPartition)
		switch {
		case err == nil || !kafkaerr.IsTransient(err):
			return found, err
		case !kafkaadmin.Pause(ctx):
			return nil, kafkaadmin.Unreachable(cfg.Kafka, "find the start offsets", err)
		}
	}
}
