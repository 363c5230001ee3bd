package replay_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/replay"
	"github.com/loaderline/loaderline/sink"
	"github.com/loaderline/loaderline/stages"
)

// Two events of four once more, into another topic.
func Example() {
	ctx := context.Background()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "orders", "enriched", "dead", "again", "again-dead"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cluster.Close()
	publishOrders(ctx, cluster.ListenAddrs(), "apple", "pear", "plum", "fig")

	p, err := loaderline.New(loaderline.Config[string]{
		Consumer: consumer.Config{Kafka: consumer.Kafka{Brokers: cluster.ListenAddrs()}, Group: "orders", Topics: []string{"orders"}},
		Sink:     sink.Config{Topic: "enriched", DeadLetterTopic: "dead"},
		Decode:   func(r loaderline.Record) (string, error) { return string(r.Value), nil },
		Plan:     &stages.Plan[string]{},
		Encode: func(row stages.Row[string]) ([]loaderline.Record, error) {
			return []loaderline.Record{{Value: []byte(strings.ToUpper(row.Event()))}}, nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	status, err := p.Replay(ctx, replay.Config{
		ID:     "wrong-prices",
		Ranges: map[string]map[int32]replay.Range{"orders": {0: {From: 1, To: 3}}},
		Into:   "again",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	done, total := status.Offsets()
	fmt.Println(status.Finished(), done, "of", total)
	// Output: true 2 of 2
}

func publishOrders(ctx context.Context, brokers []string, orders ...string) {
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	for _, order := range orders {
		if err := client.ProduceSync(ctx, &kgo.Record{Topic: "orders", Value: []byte(order)}).FirstErr(); err != nil {
			fmt.Println(err)
		}
	}
}
