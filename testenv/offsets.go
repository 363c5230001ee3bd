package testenv

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
)

// uncommitted finds the partitions of a topic whose offset, as a group has committed it, is not their end. The markers of
// a transaction that has just ended are waited for, for a few seconds.
func (c *client) uncommitted(ctx context.Context, group, topic string) (Finding, error) {
	const settle = 10 * time.Second
	deadline := time.Now().Add(settle)
	ids, err := c.partitions(ctx, topic)
	if err != nil {
		return Finding{}, err
	}
	ends, err := c.ends(ctx, topic, ids)
	if err != nil {
		return Finding{}, err
	}
	for {
		var finding Finding
		committed, err := c.committed(ctx, group, topic, ids)
		if err != nil {
			finding.add("group %s: %v", group, err)
		}
		for _, id := range ids {
			if offset, ok := committed[id]; ok && offset != ends[id] {
				finding.add("%s[%d] is committed up to %d, and ends at %d", topic, id, offset, ends[id])
			}
		}
		if finding.Count == 0 || time.Now().After(deadline) {
			return finding, nil
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return finding, nil //nolint:nilerr // What was found is the answer.
		}
	}
}

// committed returns a group's offsets by partition; where nothing is committed, 0.
func (c *client) committed(ctx context.Context, group, topic string, ids []int) (map[int]int64, error) {
	answer, err := c.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: group, Topics: map[string][]int{topic: ids}})
	if err != nil {
		return nil, err
	}
	errs := []error{answer.Error}
	offsets := make(map[int]int64, len(ids))
	for _, p := range answer.Topics[topic] {
		errs = append(errs, p.Error)
		offsets[p.Partition] = max(p.CommittedOffset, 0)
	}
	return offsets, errors.Join(errs...)
}

// SetTopicConfig changes one value of a topic's configuration, such as max.message.bytes.
func SetTopicConfig(ctx context.Context, bootstrap, topic, name, value string) error {
	c := newClient(bootstrap)
	defer c.Close()
	answer, err := c.IncrementalAlterConfigs(ctx, &kafka.IncrementalAlterConfigsRequest{
		Resources: []kafka.IncrementalAlterConfigsRequestResource{{
			ResourceType: kafka.ResourceTypeTopic, ResourceName: topic,
			Configs: []kafka.IncrementalAlterConfigsRequestConfig{{Name: name, Value: value, ConfigOperation: kafka.ConfigOperationSet}},
		}},
	})
	if err == nil {
		for _, resource := range answer.Resources {
			err = errors.Join(err, resource.Error)
		}
	}
	if err != nil {
		return fmt.Errorf("setting %s of topic %s: %w", name, topic, err)
	}
	return nil
}
