package testenv

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
	"golang.org/x/sync/errgroup"
)

const clusterSize = 3

// KafkaCluster is three brokers, which are controllers too. A topic has three replicas, and two of them have
// to acknowledge a record. The same holds for Kafka's own topics. It is safe for concurrent use.
type KafkaCluster struct {
	// Brokers are the brokers by their ids, which begin with 1. Each can be stopped, killed and started again by
	// itself. If fewer than two run, start the others side by side, since none is ready before there is a quorum.
	Brokers []*Service
}

// StartKafkaCluster starts Apache Kafka and returns once its three brokers answer. ctx bounds the start alone; end the
// cluster by [KafkaCluster.Close].
func StartKafkaCluster(ctx context.Context, config KafkaConfig) (*KafkaCluster, error) {
	places, err := brokerPlaces(ctx, clusterSize, clusterSize-1)
	if err != nil {
		return nil, fmt.Errorf("starting kafka: %w", err)
	}
	config.Heap = cmp.Or(config.Heap, "384m")
	c := &KafkaCluster{}
	for _, place := range places {
		broker, err := newBroker(ctx, config, place)
		if err != nil {
			return nil, errors.Join(err, c.Close())
		}
		c.Brokers = append(c.Brokers, broker)
	}
	if err := c.Start(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// Address returns where clients reach the cluster: host:port of each broker, comma-separated.
func (c *KafkaCluster) Address() string {
	addresses := make([]string, len(c.Brokers))
	for i, b := range c.Brokers {
		addresses[i] = b.Address()
	}
	return strings.Join(addresses, ",")
}

// Start starts the brokers that do not run, side by side, and returns once they answer.
func (c *KafkaCluster) Start(ctx context.Context) error {
	var group errgroup.Group
	for _, b := range c.Brokers {
		group.Go(func() error {
			if err := b.Start(ctx); !errors.Is(err, ErrRunning) {
				return err
			}
			return nil
		})
	}
	return group.Wait()
}

// AwaitInSync returns once every partition has a leader and all its replicas are in sync.
func (c *KafkaCluster) AwaitInSync(ctx context.Context) error {
	client := newClient(c.Address())
	defer client.Close()
	for {
		err := client.inSync(ctx)
		if err == nil {
			return nil
		}
		if waitErr := pause(ctx, 100*time.Millisecond); waitErr != nil {
			return fmt.Errorf("waiting for the replicas: %w", errors.Join(waitErr, err))
		}
	}
}

// inSync returns an error that names a partition whose replicas are not all in sync.
func (c *client) inSync(ctx context.Context) error {
	metadata, err := c.Metadata(ctx, &kafka.MetadataRequest{})
	if err != nil {
		return err
	}
	if len(metadata.Brokers) < clusterSize {
		return fmt.Errorf("%d of %d brokers are registered", len(metadata.Brokers), clusterSize)
	}
	for _, t := range metadata.Topics {
		for _, p := range t.Partitions {
			if p.Error != nil || len(p.Isr) < len(p.Replicas) {
				return fmt.Errorf("%s[%d] has %d of %d replicas in sync: %w", t.Name, p.ID, len(p.Isr), len(p.Replicas), p.Error)
			}
		}
	}
	return nil
}

// Coordinator returns the broker that coordinates a consumer group.
func (c *KafkaCluster) Coordinator(ctx context.Context, group string) (*Service, error) {
	client := newClient(c.Address())
	defer client.Close()
	answer, err := client.FindCoordinator(ctx, &kafka.FindCoordinatorRequest{Key: group, KeyType: kafka.CoordinatorKeyTypeConsumer})
	if err == nil {
		err = answer.Error
	}
	if err != nil {
		return nil, fmt.Errorf("coordinator of group %s: %w", group, err)
	}
	return c.Brokers[answer.Coordinator.NodeID-1], nil
}

// Close ends the brokers, all at once, and removes their data.
func (c *KafkaCluster) Close() error {
	errs := make([]error, len(c.Brokers))
	var group errgroup.Group
	for i, b := range c.Brokers {
		group.Go(func() error {
			_ = b.Kill() // Without a quorum a broker does not end in order. One that does not run says so.
			errs[i] = b.Close()
			return nil
		})
	}
	_ = group.Wait() // Each error is kept.
	return errors.Join(errs...)
}
