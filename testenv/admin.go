package testenv

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"
)

// AddPartitions raises the number of a topic's partitions to a total. It returns once each has a leader that serves
// clients.
func AddPartitions(ctx context.Context, bootstrap, topic string, partitions int) error {
	c := newClient(bootstrap)
	defer c.Close()
	answer, err := c.CreatePartitions(ctx, &kafka.CreatePartitionsRequest{
		Topics: []kafka.TopicPartitionsConfig{{Name: topic, Count: int32(partitions)}},
	})
	if err == nil {
		err = answer.Errors[topic]
	}
	if err != nil {
		return fmt.Errorf("adding partitions to topic %s: %w", topic, err)
	}
	return c.awaitLeaders(ctx, topic, partitions)
}

// RecreateTopic deletes a topic, and creates it again under its name as soon as the old one is gone.
func RecreateTopic(ctx context.Context, bootstrap, topic string, partitions int, configs ...string) error {
	if err := DeleteTopics(ctx, bootstrap, topic); err != nil {
		return err
	}
	for {
		err := CreateTopic(ctx, bootstrap, topic, partitions, configs...)
		if !errors.Is(err, kafka.TopicAlreadyExists) {
			return err
		}
		if waitErr := pause(ctx, 50*time.Millisecond); waitErr != nil {
			return errors.Join(waitErr, err)
		}
	}
}

// LimitProducer limits the bytes a second that a user's clients may publish; 0 ends the limit.
func LimitProducer(ctx context.Context, bootstrap, user string, bytes int) error {
	c := newClient(bootstrap)
	defer c.Close()
	answer, err := c.AlterClientQuotas(ctx, &kafka.AlterClientQuotasRequest{Entries: []kafka.AlterClientQuotaEntry{{
		Entities: []kafka.AlterClientQuotaEntity{{EntityType: "user", EntityName: user}},
		Ops:      []kafka.AlterClientQuotaOps{{Key: "producer_byte_rate", Value: float64(bytes), Remove: bytes == 0}},
	}}})
	if err == nil {
		for _, entry := range answer.Entries {
			err = errors.Join(err, entry.Error)
		}
	}
	if err != nil {
		return fmt.Errorf("limiting %s to %d bytes a second: %w", user, bytes, err)
	}
	return nil
}

// Ends returns the sum of the high watermarks of a topic's partitions: where the next records, of any transaction, will be.
func Ends(ctx context.Context, bootstrap, topic string) (int64, error) {
	c := newClient(bootstrap)
	defer c.Close()
	ids, err := c.partitions(ctx, topic)
	if err != nil {
		return 0, err
	}
	ends, err := c.endsNow(ctx, topic, ids)
	return sumOf(ends), err
}

// coordinatorTimeout is how long a group is asked for that has no coordinator yet, as on a broker that has just started.
const coordinatorTimeout = 30 * time.Second

// Committed returns the sum of the offsets that a group has committed for a topic's partitions, and whether it has
// committed one for each of them.
func Committed(ctx context.Context, bootstrap, group, topic string) (sum int64, all bool, err error) {
	c := newClient(bootstrap)
	defer c.Close()
	ids, err := c.partitions(ctx, topic)
	if err != nil {
		return 0, false, err
	}
	ctx, cancel := context.WithTimeout(ctx, coordinatorTimeout)
	defer cancel()
	for {
		sum, all, err = c.committedNow(ctx, group, topic, ids)
		if !errors.Is(err, kafka.NotCoordinatorForGroup) && !errors.Is(err, kafka.GroupCoordinatorNotAvailable) && !errors.Is(err, kafka.GroupLoadInProgress) {
			return sum, all, err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return sum, all, err
		}
	}
}

// committedNow is Committed for partitions of a topic, asked once.
func (c *client) committedNow(ctx context.Context, group, topic string, partitions []int) (sum int64, all bool, err error) {
	answer, err := c.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: group, Topics: map[string][]int{topic: partitions}})
	if err != nil {
		return 0, false, err
	}
	all, err = true, answer.Error
	for _, p := range answer.Topics[topic] {
		err = errors.Join(err, p.Error)
		all = all && p.CommittedOffset >= 0
		sum += max(p.CommittedOffset, 0)
	}
	return sum, all, err
}

// MoveCoordinators gives the partitions of Kafka's own topics to the next of their replicas. So all groups and transactions
// get other coordinators, while all brokers run.
func (c *KafkaCluster) MoveCoordinators(ctx context.Context) error {
	client := newClient(c.Address())
	defer client.Close()
	for _, topic := range []string{"__consumer_offsets", "__transaction_state"} {
		if err := client.moveLeaders(ctx, topic); err != nil {
			return fmt.Errorf("moving the leaders of %s: %w", topic, err)
		}
	}
	return nil
}

// moveLeaders makes the second replica of each partition its leader.
func (c *client) moveLeaders(ctx context.Context, topic string) error {
	metadata, err := c.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic}})
	if err != nil {
		return err
	}
	var (
		order []kafka.AlterPartitionReassignmentsRequestAssignment
		ids   []int
	)
	for _, p := range metadata.Topics[0].Partitions {
		replicas := []int{}
		for _, r := range p.Replicas {
			if r.ID != p.Leader.ID {
				replicas = append(replicas, r.ID)
			}
		}
		slices.Sort(replicas)
		order = append(order, kafka.AlterPartitionReassignmentsRequestAssignment{
			Topic: topic, PartitionID: p.ID, BrokerIDs: append(replicas, p.Leader.ID),
		})
		ids = append(ids, p.ID)
	}
	moved, err := c.AlterPartitionReassignments(ctx, &kafka.AlterPartitionReassignmentsRequest{
		Topic: topic, Assignments: order, Timeout: 20 * time.Second,
	})
	if err == nil {
		err = moved.Error
	}
	if err != nil {
		return err
	}
	elected, err := c.ElectLeaders(ctx, &kafka.ElectLeadersRequest{Topic: topic, Partitions: ids, Timeout: 20 * time.Second})
	if err != nil {
		return err
	}
	return elected.Error
}

func sumOf(offsets map[int]int64) (sum int64) {
	for _, offset := range offsets {
		sum += offset
	}
	return sum
}
