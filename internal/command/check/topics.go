package check

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/deadletter"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/kafkaerr"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/plural"
)

// describe checks that the topics exist, and creates missing ones if CreateTopics is set. It reports whether the cluster can
// say which rights this user has. Topics that this user may not see are checked with the rights.
func (c Check) describe(ctx context.Context, client *kgo.Client) bool {
	access, err := c.access(ctx, client)
	if err != nil {
		c.failed("topics", strings.Join(c.Layout.File.AllTopics(), ", "), err)
		return false
	}
	topics := slices.DeleteFunc(c.Layout.File.AllTopics(), func(topic string) bool { return access[topic].hidden() })
	infos, err := kafkaadmin.Describe(ctx, c.Kafka, topics...)
	missing, isMissing := errors.AsType[*kafkaerr.TopicMissingError](err)
	if err != nil && !isMissing {
		c.failed("topics", strings.Join(topics, ", "), err)
		return false
	}
	created := map[string]bool{}
	if isMissing && c.CreateTopics {
		var left *kafkaerr.TopicMissingError
		if infos, left, err = c.create(ctx, topics, infos, missing.Topics); err != nil {
			c.failed("topics", strings.Join(missing.Topics, ", "), err)
			return false
		}
		for _, topic := range missing.Topics {
			created[topic] = left == nil || !slices.Contains(left.Topics, topic)
		}
	}
	for _, topic := range topics {
		info, there := infos[topic]
		if !there {
			c.Report(Finding{What: "topic", Name: topic, Detail: c.remedy(topic), Err: &kafkaerr.TopicMissingError{Topics: []string{topic}}})
			continue
		}
		verb := ""
		if created[topic] {
			verb = "created, "
		}
		c.ok("topic", topic, "%s%s, records up to %s bytes", verb, plural.Count(info.Partitions, "partition"), humanize.Comma(int64(info.MaxMessageBytes)))
	}
	if c.CreateTopics {
		c.ledger(ctx)
	}
	c.comparePartitions(infos)
	return true
}

// ledger creates the topic in which dlq keeps the states of dead letters, where it is missing. A pipeline runs without it.
func (c Check) ledger(ctx context.Context) {
	spec := deadletter.LedgerSpec(c.Layout.File.DeadLetter.Topic)
	_, err := kafkaadmin.Describe(ctx, c.Kafka, spec.Name)
	if _, missing := errors.AsType[*kafkaerr.TopicMissingError](err); !missing {
		return // It is there, or nobody else's business to see.
	}
	if err := kafkaadmin.CreateTopics(ctx, c.Kafka, spec); err != nil {
		c.Report(Finding{What: "topic", Name: spec.Name, OK: true, Warning: true, Detail: fmt.Sprintf("%v; dlq redrive and dismiss need it", err)})
		return
	}
	c.ok("topic", spec.Name, "created, %s, for the states of dead letters", plural.Count(spec.Partitions, "partition"))
}

// comparePartitions checks that records find their input's partition in the retry topics, and in the output where the file
// wants that.
func (c Check) comparePartitions(infos map[string]kafkaadmin.TopicInfo) {
	f := c.Layout.File
	if err := kafkaadmin.CompareRetryPartitions(infos, f.Input.Topics[0], f.Retry.TopicNames()); err != nil {
		c.failed("topic", strings.Join(f.Retry.TopicNames(), ", "), f.Errorf("retry.topics", "%v", err))
	}
	if f.Output.Partition != pipelinefile.PartitionSource {
		return
	}
	for _, topic := range f.OutputTopics() {
		if err := kafkaadmin.ComparePartitions(infos, f.Input.Topics, []string{topic}); err != nil {
			c.failed("topic", topic, f.Errorf("output.partition", "%v", err))
		}
	}
}

func (c Check) remedy(topic string) string {
	if c.Layout.File.OfOthers(topic) {
		return "it is not there; is that what its writer calls it? Debezium creates a table's topic with its first record, unless it is there before"
	}
	return "it is not there; create it, or let --create-topics do it"
}

// create creates topics, those of the input first, and describes all that this user may see. Topics of others are left
// missing.
func (c Check) create(
	ctx context.Context, topics []string, infos map[string]kafkaadmin.TopicInfo, missing []string,
) (map[string]kafkaadmin.TopicInfo, *kafkaerr.TopicMissingError, error) {
	gone := map[string]bool{}
	for _, topic := range missing {
		gone[topic] = true
	}
	var specs []kafkaadmin.TopicSpec
	most := 0
	for _, topic := range c.Layout.File.Input.Topics {
		partitions := infos[topic].Partitions
		if gone[topic] {
			partitions = c.Partitions
			specs = append(specs, kafkaadmin.TopicSpec{Name: topic, Partitions: partitions})
		}
		most = max(most, partitions)
	}
	for _, topic := range c.Layout.File.Published() {
		if gone[topic] {
			specs = append(specs, kafkaadmin.TopicSpec{Name: topic, Partitions: most})
		}
	}
	if i := c.Layout.File.Cache.Invalidate; i != nil && gone[i.Topic] {
		specs = append(specs, commandTopic(i.Topic))
	}
	err := kafkaadmin.CreateTopics(ctx, c.Kafka, specs...)
	switch {
	case errors.Is(err, kerr.TopicAuthorizationFailed), errors.Is(err, kerr.ClusterAuthorizationFailed):
		return nil, nil, fmt.Errorf("%w; ask somebody with the permission to create them, or allow this user Create on the topics", err)
	case err != nil:
		return nil, nil, err
	}
	infos, err = kafkaadmin.Describe(ctx, c.Kafka, topics...)
	left, isMissing := errors.AsType[*kafkaerr.TopicMissingError](err)
	if isMissing && !slices.ContainsFunc(left.Topics, func(topic string) bool { return !c.Layout.File.OfOthers(topic) }) {
		err = nil
	}
	return infos, left, err
}

// commandTopic is a topic for commands: few and small, in one partition. A command is kept for as long as a process that
// has a cache on disk may be away without having to clear it; there is no later one that replaces it, as compaction
// would have it.
func commandTopic(name string) kafkaadmin.TopicSpec {
	const week = 7 * 24 * time.Hour
	return kafkaadmin.TopicSpec{Name: name, Partitions: 1, Configs: map[string]string{
		"cleanup.policy": "delete", "retention.ms": strconv.FormatInt(week.Milliseconds(), 10),
	}}
}
