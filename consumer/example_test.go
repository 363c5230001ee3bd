package consumer_test

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
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

	session, err := consumer.Open(ctx, consumer.Config{
		Kafka: kafka, Group: "enrich-orders", Topics: []string{"orders"},
		Name: "orders", Instance: "host-1",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = session.Close(ctx) }()
	for {
		batch, err := session.Poll(ctx)
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
		committed, err := session.Commit(ctx, out)
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
	opts, err := kafka.Options()
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
