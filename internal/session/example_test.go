package session_test

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/session"
)

// A worker's loop, up to its first commit.
func ExampleSession() {
	ctx := context.Background()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "orders", "orders-enriched"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cluster.Close()
	kafka := consumer.Kafka{Brokers: cluster.ListenAddrs()}
	publishOrder(ctx, kafka, "pear")

	member, err := session.Open(ctx, session.Config{
		Config: consumer.Config{Kafka: kafka, Group: "enrich-orders", Topics: []string{"orders"}, Instance: "host-1"},
		Name:   "orders",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = member.Close(ctx) }()
	for {
		batch, err := member.Poll(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
		if len(batch) == 0 {
			continue // Nothing came for a second.
		}
		out := make([]*kgo.Record, len(batch))
		for i, r := range batch {
			out[i] = &kgo.Record{Topic: "orders-enriched", Key: r.Key, Value: append([]byte("a fresh "), r.Value...)}
		}
		committed, err := member.Commit(ctx, out)
		if err != nil {
			fmt.Println(err)
			return
		}
		if committed {
			fmt.Println(string(out[0].Value))
			return
		}
		// A rebalance came in between: the batch is polled again.
	}
	// Output: a fresh pear
}

func publishOrder(ctx context.Context, kafka consumer.Kafka, order string) {
	opts, err := kafkaadmin.Options(kafka)
	if err != nil {
		fmt.Println(err)
		return
	}
	cl, err := kgo.NewClient(opts...)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cl.Close()
	if err := cl.ProduceSync(ctx, &kgo.Record{Topic: "orders", Value: []byte(order)}).FirstErr(); err != nil {
		fmt.Println(err)
	}
}
