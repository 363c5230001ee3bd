package kafkaadmin

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaerr"
)

// TopicSpec is a topic to create.
type TopicSpec struct {
	Name string
	// Partitions and ReplicationFactor default to the broker's.
	Partitions        int
	ReplicationFactor int
	// Configs are topic settings, as max.message.bytes.
	Configs map[string]string
}

// CreateTopics creates the topics that are missing and leaves others alone,
// and waits until the cluster names them. It tries every one of them and
// reports all that failed.
func CreateTopics(ctx context.Context, k consumer.Kafka, specs ...TopicSpec) error {
	_, err := connected(ctx, k, func(ctx context.Context, cl *kgo.Client) (struct{}, error) {
		return struct{}{}, createTopics(ctx, kadm.NewClient(cl), k, specs)
	})
	return err
}

func createTopics(ctx context.Context, admin *kadm.Client, k consumer.Kafka, specs []TopicSpec) error {
	ctx, cancel := context.WithTimeout(ctx, 3*ReachTimeout)
	defer cancel()
	var problems []error
	var created []string
	for _, spec := range specs {
		configs := make(map[string]*string, len(spec.Configs))
		for key, value := range spec.Configs {
			configs[key] = &value
		}
		partitions, replicas := int32(cmp.Or(spec.Partitions, -1)), int16(cmp.Or(spec.ReplicationFactor, -1))
		_, err := AwaitBriefly(ctx, func(ctx context.Context) (kadm.CreateTopicResponse, error) {
			return admin.CreateTopic(ctx, partitions, replicas, configs, spec.Name)
		})
		if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
			problems = append(problems, fmt.Errorf("create kafka topic %s: %w", spec.Name, err))
			continue
		}
		created = append(created, spec.Name)
	}
	if err := awaitTopics(ctx, admin, k, created); err != nil {
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

// awaitTopics waits until all brokers know the topics that were created. Each broker learns of them from the
// controller.
func awaitTopics(ctx context.Context, admin *kadm.Client, k consumer.Kafka, topics []string) error {
	for {
		_, err := TopicDetails(ctx, admin, k, topics)
		_, unheard := errors.AsType[*kafkaerr.TopicMissingError](err)
		switch {
		case err == nil, kafkaerr.IsDenied(err): // Who may create a topic need not be allowed to see it.
			return nil
		case !unheard || !Pause(ctx):
			return err
		}
	}
}
