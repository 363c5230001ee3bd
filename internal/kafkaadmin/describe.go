package kafkaadmin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaerr"
)

// DefaultMaxMessageBytes is Kafka's own default of max.message.bytes, assumed
// where the topic's configuration may not be read.
const DefaultMaxMessageBytes = 1_000_012

const maxMessageBytesKey = "max.message.bytes"

// TopicInfo is what publishing to a topic has to know.
type TopicInfo struct {
	// ID tells the topic from others of its name: a topic that is deleted and
	// created again has another ID. It is zero if the brokers have no IDs.
	ID [16]byte
	// Partitions is how many there are.
	Partitions int
	// MaxMessageBytes is the topic's max.message.bytes, or
	// DefaultMaxMessageBytes where its configuration may not be read.
	MaxMessageBytes int
}

// Describe looks up the topics that exist. It tries for about ten seconds to reach the cluster.
//
// Errors: *kafkaerr.UnreachableError; *kafkaerr.TopicMissingError, together with the topics that exist; and errors of
// the cluster.
func Describe(ctx context.Context, k consumer.Kafka, topics ...string) (map[string]TopicInfo, error) {
	return connected(ctx, k, func(ctx context.Context, cl *kgo.Client) (map[string]TopicInfo, error) {
		return describe(ctx, kadm.NewClient(cl), k, topics)
	})
}

func describe(ctx context.Context, admin *kadm.Client, k consumer.Kafka, topics []string) (map[string]TopicInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, ReachTimeout)
	defer cancel()
	details, err := TopicDetails(ctx, admin, k, topics)
	missing, isMissing := errors.AsType[*kafkaerr.TopicMissingError](err)
	if err != nil && !isMissing {
		return nil, err
	}
	infos := make(map[string]TopicInfo, len(details))
	for topic, detail := range details {
		infos[topic] = TopicInfo{ID: detail.ID, Partitions: len(detail.Partitions), MaxMessageBytes: DefaultMaxMessageBytes}
	}
	if err := readLimits(ctx, admin, loggerOf(k), infos); err != nil {
		return nil, err
	}
	if isMissing {
		return infos, missing
	}
	return infos, nil
}

// TopicIDs returns the IDs of topics. A topic that is deleted and created again
// has another ID. IDs are zero on brokers before Kafka 2.8, which have none.
// TopicIDs tries for about ten seconds to reach the cluster.
//
// Errors: *kafkaerr.UnreachableError, *kafkaerr.TopicMissingError, and what the cluster refuses.
func TopicIDs(ctx context.Context, k consumer.Kafka, topics ...string) (map[string][16]byte, error) {
	details, err := connected(ctx, k, func(ctx context.Context, cl *kgo.Client) (kadm.TopicDetails, error) {
		ctx, cancel := context.WithTimeout(ctx, ReachTimeout)
		defer cancel()
		return TopicDetails(ctx, kadm.NewClient(cl), k, topics)
	})
	if err != nil {
		return nil, err
	}
	ids := make(map[string][16]byte, len(details))
	for topic, detail := range details {
		ids[topic] = detail.ID
	}
	return ids, nil
}

// TopicDetails returns the topics that exist, and a *kafkaerr.TopicMissingError for the others. Topics that were just
// created may take a moment.
func TopicDetails(ctx context.Context, admin *kadm.Client, k consumer.Kafka, topics []string) (kadm.TopicDetails, error) {
	if len(topics) == 0 {
		return nil, nil
	}
	var retriable error // Why a topic could not be described the last time.
	for {
		details, err := AwaitBriefly(ctx, func(ctx context.Context) (kadm.TopicDetails, error) { return admin.ListTopics(ctx, topics...) })
		switch {
		case err != nil && retriable != nil && errors.Is(err, context.DeadlineExceeded):
			return nil, Unreachable(k, "describe the topics", retriable) // The end of the wait says less.
		case err != nil:
			return nil, Unreachable(k, "list topics", err)
		}
		retriable = nil
		var missing []string
		var problem error
		for _, detail := range details.Sorted() {
			switch {
			case detail.Err == nil:
			case errors.Is(detail.Err, kerr.UnknownTopicOrPartition):
				missing = append(missing, detail.Topic)
				delete(details, detail.Topic)
			case kerr.IsRetriable(detail.Err):
				retriable = fmt.Errorf("topic %s: %w", detail.Topic, detail.Err)
			default:
				problem = fmt.Errorf("kafka topic %s: %w", detail.Topic, detail.Err)
			}
		}
		switch {
		case problem != nil:
			return nil, problem
		case retriable == nil && missing != nil:
			return details, &kafkaerr.TopicMissingError{Topics: missing}
		case retriable == nil:
			return details, nil
		}
		if !Pause(ctx) {
			return nil, Unreachable(k, "describe the topics", retriable)
		}
	}
}

func readLimits(ctx context.Context, admin *kadm.Client, log *slog.Logger, infos map[string]TopicInfo) error {
	if len(infos) == 0 {
		return nil
	}
	topics := make([]string, 0, len(infos))
	for topic := range infos {
		topics = append(topics, topic)
	}
	slices.Sort(topics)
	configs, err := AwaitBriefly(ctx, func(ctx context.Context) (kadm.ResourceConfigs, error) {
		return admin.DescribeTopicConfigs(ctx, topics...)
	})
	if err != nil {
		if kafkaerr.IsDenied(err) {
			log.LogAttrs(ctx, slog.LevelInfo, "topic configuration may not be read; the default limit is assumed")
			return nil
		}
		return fmt.Errorf("kafka: read the configuration of the topics: %w", err)
	}
	for _, config := range configs {
		if config.Err != nil {
			if !kafkaerr.IsDenied(config.Err) {
				return fmt.Errorf("kafka topic %s: read its configuration: %w", config.Name, config.Err)
			}
			log.LogAttrs(ctx, slog.LevelInfo, "topic configuration may not be read; the default limit is assumed", slog.String("topic", config.Name))
			continue
		}
		for _, entry := range config.Configs {
			if entry.Key != maxMessageBytesKey || entry.Value == nil {
				continue
			}
			limit, err := strconv.Atoi(*entry.Value)
			if err != nil {
				return fmt.Errorf("kafka topic %s: %s is %q", config.Name, maxMessageBytesKey, *entry.Value)
			}
			info := infos[config.Name]
			info.MaxMessageBytes = limit
			infos[config.Name] = info
		}
	}
	return nil
}

// Pause waits before another try, and reports whether ctx has not ended meanwhile.
func Pause(ctx context.Context) bool {
	timer := time.NewTimer(reachPause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
