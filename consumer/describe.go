package consumer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

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

// TopicMissingError names the topics that are not there.
type TopicMissingError struct {
	Topics []string
}

// Error implements error.
func (e *TopicMissingError) Error() string {
	return fmt.Sprintf("kafka has no topic %s: create what is missing (CreateTopics here, loaderline check PIPELINE --create-topics for a pipeline file), or correct the name", strings.Join(e.Topics, ", "))
}

// Describe looks topics up, those that are there. It tries for about ten
// seconds to reach the cluster.
//
// Errors: *UnreachableError; *TopicMissingError, beside which the topics that
// are there are returned; and what the cluster refuses.
func Describe(ctx context.Context, k Kafka, topics ...string) (map[string]TopicInfo, error) {
	cl, err := k.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	admin := kadm.NewClient(cl)
	details, err := topicDetails(ctx, admin, k, topics)
	missing, isMissing := errors.AsType[*TopicMissingError](err)
	if err != nil && !isMissing {
		return nil, err
	}
	infos := make(map[string]TopicInfo, len(details))
	for topic, detail := range details {
		infos[topic] = TopicInfo{ID: detail.ID, Partitions: len(detail.Partitions), MaxMessageBytes: DefaultMaxMessageBytes}
	}
	if err := readLimits(ctx, admin, k.logger(), infos); err != nil {
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
// Errors: *UnreachableError, *TopicMissingError, and what the cluster refuses.
func TopicIDs(ctx context.Context, k Kafka, topics ...string) (map[string][16]byte, error) {
	cl, err := k.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	details, err := topicDetails(ctx, kadm.NewClient(cl), k, topics)
	if err != nil {
		return nil, err
	}
	ids := make(map[string][16]byte, len(details))
	for topic, detail := range details {
		ids[topic] = detail.ID
	}
	return ids, nil
}

// topicDetails returns the topics that are there, and a *TopicMissingError for
// the others. Topics that were just created may take a moment.
func topicDetails(ctx context.Context, admin *kadm.Client, k Kafka, topics []string) (kadm.TopicDetails, error) {
	if len(topics) == 0 {
		return nil, nil
	}
	for {
		details, err := admin.ListTopics(ctx, topics...)
		if err != nil {
			return nil, k.unreachable("list topics", err)
		}
		var missing []string
		var problem, retriable error
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
			return details, &TopicMissingError{Topics: missing}
		case retriable == nil:
			return details, nil
		}
		if !pause(ctx) {
			return nil, k.unreachable("describe the topics", retriable)
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
	configs, err := admin.DescribeTopicConfigs(ctx, topics...)
	if err != nil {
		if isDenied(err) {
			log.LogAttrs(ctx, slog.LevelInfo, "topic configuration may not be read; the default limit is assumed")
			return nil
		}
		return fmt.Errorf("kafka: read the configuration of the topics: %w", err)
	}
	for _, config := range configs {
		if config.Err != nil {
			if !isDenied(config.Err) {
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

// warnOfOldTransactions tells of clusters where a late message of an old
// transaction may become part of the next one (before KIP-890).
func (s *Session) warnOfOldTransactions(ctx context.Context) {
	const feature, wanted = "transaction.version", 2
	resp, err := kmsg.NewPtrApiVersionsRequest().RequestWith(ctx, s.cl)
	if err != nil {
		s.log.LogAttrs(ctx, slog.LevelDebug, "transaction version not known", slog.Any("error", err))
		return
	}
	version := 0
	for _, f := range resp.FinalizedFeatures {
		if f.Name == feature {
			version = int(f.MaxVersionLevel)
		}
	}
	if version < wanted {
		s.log.LogAttrs(ctx, slog.LevelWarn, "exactly once is weaker on this cluster: upgrade it to Kafka 4 and its transaction.version to 2",
			slog.Int("transaction_version", version))
	}
}

// connect returns a client that has reached the cluster.
func (k Kafka) connect(ctx context.Context) (*kgo.Client, error) {
	opts, err := k.Options()
	if err != nil {
		return nil, err
	}
	cl, err := kgo.NewClient(append(opts, kgo.RetryTimeout(reachTimeout))...)
	if err != nil {
		return nil, fmt.Errorf("kafka: create the client: %w", err)
	}
	if err := reach(ctx, cl, k); err != nil {
		cl.Close()
		return nil, err
	}
	return cl, nil
}

// pause waits before another try, and says whether ctx has not ended meanwhile.
func pause(ctx context.Context) bool {
	timer := time.NewTimer(reachPause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
