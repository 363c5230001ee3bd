package invalidation

import (
	"context"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
)

// publishTime bounds how long a command may take to be acknowledged.
const publishTime = 10 * time.Second

// Publish publishes a command to a topic, and returns when all in-sync replicas have acknowledged it. The keys of one command
// may be in several records. Records that were acknowledged before an error are applied nevertheless.
func Publish(ctx context.Context, kafka consumer.Kafka, topic string, c Command) error {
	var records []*kgo.Record
	for _, part := range c.Split() {
		value, err := json.Marshal(part)
		if err != nil {
			return fmt.Errorf("write the command as JSON: %w", err)
		}
		records = append(records, &kgo.Record{Topic: topic, Value: value})
	}
	client, err := kafkaadmin.NewClient(kafka, kgo.RequiredAcks(kgo.AllISRAcks()), kgo.RecordDeliveryTimeout(publishTime))
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, publishTime)
	defer cancel()
	if err := client.ProduceSync(ctx, records...).FirstErr(); err != nil {
		return fmt.Errorf("publish to topic %s: %w", topic, err)
	}
	return nil
}
