package testenv

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
)

// clientID is how brokers know the clients of this package.
const clientID = "loaderline-testenv"

// client is a connection pool to one cluster. Its metadata is at most half a second old: tests create topics.
type client struct {
	transport *kafka.Transport
	kafka.Client
}

// newClient returns a client of the brokers at bootstrap, host:port, comma-separated where there are several.
func newClient(bootstrap string) *client {
	// A connection takes as long as a busy machine needs: a test has its own deadline.
	transport := &kafka.Transport{MetadataTTL: 500 * time.Millisecond, DialTimeout: 20 * time.Second, ClientID: clientID}
	addr := kafka.TCP(strings.Split(bootstrap, ",")...)
	// A broker may take half of Timeout for a request. Without one it may take 500 ms to publish a batch, which is too short on a busy
	// machine if a replica has just gone.
	const timeout = 2 * time.Minute
	return &client{transport: transport, Client: kafka.Client{Addr: addr, Transport: transport, Timeout: timeout}}
}

// Close ends the client's connections.
func (c *client) Close() { c.transport.CloseIdleConnections() }

// CreateTopic creates a topic, with the cluster's default.replication.factor. It returns once each of its partitions has a leader
// that serves clients. Configs are NAME=VALUE. If the topic exists, the error wraps kafka.TopicAlreadyExists.
func CreateTopic(ctx context.Context, bootstrap, topic string, partitions int, configs ...string) error {
	c := newClient(bootstrap)
	defer c.Close()
	config := kafka.TopicConfig{Topic: topic, NumPartitions: partitions, ReplicationFactor: -1}
	for _, entry := range configs {
		name, value, ok := strings.Cut(entry, "=")
		if !ok {
			return fmt.Errorf("creating topic %s: config %q is not NAME=VALUE", topic, entry)
		}
		config.ConfigEntries = append(config.ConfigEntries, kafka.ConfigEntry{ConfigName: name, ConfigValue: value})
	}
	answer, err := c.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{config}})
	if err != nil {
		return fmt.Errorf("creating topic %s: %w", topic, err)
	}
	if err := answer.Errors[topic]; err != nil {
		return fmt.Errorf("creating topic %s: %w", topic, err)
	}
	return c.awaitLeaders(ctx, topic, partitions)
}

// awaitLeaders returns once at least that many partitions of a topic have a leader that serves clients.
func (c *client) awaitLeaders(ctx context.Context, topic string, partitions int) error {
	ids, err := c.awaitPartitions(ctx, topic, partitions)
	if err != nil {
		return err
	}
	// The metadata name a leader before it has taken its office: it has when it knows the end of its log.
	_, err = c.ends(ctx, topic, ids)
	return err
}

// DeleteTopics deletes topics. One that is not there is an error that wraps kafka.UnknownTopicOrPartition.
func DeleteTopics(ctx context.Context, bootstrap string, topics ...string) error {
	c := newClient(bootstrap)
	defer c.Close()
	answer, err := c.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: topics})
	if err != nil {
		return fmt.Errorf("deleting topics: %w", err)
	}
	var errs []error
	for topic, err := range answer.Errors {
		if err != nil {
			errs = append(errs, fmt.Errorf("deleting topic %s: %w", topic, err))
		}
	}
	return errors.Join(errs...)
}

// awaitPartitions returns the ids of a topic's partitions once there are at least so many, all with a leader.
func (c *client) awaitPartitions(ctx context.Context, topic string, atLeast int) ([]int, error) {
	for {
		ids, err := c.partitions(ctx, topic)
		if err == nil && len(ids) >= atLeast {
			return ids, nil
		}
		if waitErr := pause(ctx, 20*time.Millisecond); waitErr != nil {
			return nil, fmt.Errorf("waiting for topic %s: %w", topic, errors.Join(waitErr, err))
		}
	}
}

// partitions returns the ids of a topic's partitions; one without a leader is an error.
func (c *client) partitions(ctx context.Context, topic string) ([]int, error) {
	metadata, err := c.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic}})
	if err != nil {
		return nil, fmt.Errorf("partitions of topic %s: %w", topic, err)
	}
	var ids []int
	for _, t := range metadata.Topics {
		if t.Error != nil {
			return nil, fmt.Errorf("partitions of topic %s: %w", topic, t.Error)
		}
		for _, p := range t.Partitions {
			if p.Error != nil {
				return nil, fmt.Errorf("partition %s[%d]: %w", topic, p.ID, p.Error)
			}
			ids = append(ids, p.ID)
		}
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("partitions of topic %s: %w", topic, kafka.UnknownTopicOrPartition)
	}
	return ids, nil
}

// ends returns the high watermark of each partition: where the next record, of any transaction, will be. Leaders
// that have yet to come into office, and brokers that are away, are waited for.
func (c *client) ends(ctx context.Context, topic string, partitions []int) (map[int]int64, error) {
	for {
		ends, err := c.endsNow(ctx, topic, partitions)
		if err == nil {
			return ends, nil
		}
		if waitErr := pause(ctx, 50*time.Millisecond); waitErr != nil {
			return nil, errors.Join(waitErr, err)
		}
	}
}

// endsNow asks for the high watermarks once.
func (c *client) endsNow(ctx context.Context, topic string, partitions []int) (map[int]int64, error) {
	request := make([]kafka.OffsetRequest, len(partitions))
	for i, id := range partitions {
		request[i] = kafka.LastOffsetOf(id)
	}
	answer, err := c.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: request}})
	if err != nil {
		return nil, fmt.Errorf("end of topic %s: %w", topic, err)
	}
	ends := make(map[int]int64, len(partitions))
	for _, p := range answer.Topics[topic] {
		if p.Error != nil {
			return nil, fmt.Errorf("end of %s[%d]: %w", topic, p.Partition, p.Error)
		}
		ends[p.Partition] = p.LastOffset
	}
	return ends, nil
}

// pause waits for d; it returns an error where ctx ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
