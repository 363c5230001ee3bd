package loaderline_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/sink"
	"github.com/loaderline/loaderline/stages"
)

// UserID is the key of the example.
type UserID int

// User is what the example finds.
type User struct{ Name string }

// Event is what the example enriches.
type Event struct{ User UserID }

var source = stages.MapSource(func(_ context.Context, keys []UserID) (map[UserID]User, error) {
	found := map[UserID]User{}
	for _, key := range keys {
		found[key] = User{Name: fmt.Sprintf("user %d", key)}
	}
	return found, nil
})

func decode(r loaderline.Record) (Event, error) {
	var e Event
	return e, json.Unmarshal(r.Value, &e)
}

func encode(e Event, u User) ([]loaderline.Record, error) {
	value, err := json.Marshal(map[string]any{"event": e, "user": u})
	return []loaderline.Record{{Value: value}}, err
}

// enrich runs a pipeline until ctx ends.
func enrich(ctx context.Context, kafka consumer.Kafka) error {
	users := stages.NewLoader(source, stages.LoaderConfig[UserID, User]{Name: "users"})

	plan := &stages.Plan[Event]{}
	user := stages.One(plan, users, stages.By(plan, func(e Event) UserID { return e.User }))

	p, err := loaderline.New(loaderline.Config[Event]{
		Consumer: consumer.Config{Kafka: kafka, Group: "enrich", Topics: []string{"user-events"}},
		Sink:     sink.Config{Topic: "user-events-enriched", DeadLetterTopic: "user-events-dead"},
		Decode:   decode, // func(loaderline.Record) (Event, error)
		Plan:     plan,
		Encode: func(row stages.Row[Event]) ([]loaderline.Record, error) {
			return encode(row.Event(), user.Of(row).Value)
		},
	})
	if err != nil {
		return err
	}
	return p.Run(ctx)
}

// The pipeline of the README, on a broker in this process.
func Example() {
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "user-events", "user-events-enriched", "user-events-dead"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer broker.Close()
	client, err := kgo.NewClient(kgo.SeedBrokers(broker.ListenAddrs()...), kgo.ConsumeTopics("user-events-enriched"), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- enrich(ctx, consumer.Kafka{Brokers: broker.ListenAddrs()}) }()
	for _, value := range []string{`{"User":7}`, `{"User":8}`} {
		if err := client.ProduceSync(ctx, &kgo.Record{Topic: "user-events", Value: []byte(value)}).FirstErr(); err != nil {
			fmt.Println(err)
		}
	}
	for seen := 0; seen < 2; {
		client.PollFetches(ctx).EachRecord(func(r *kgo.Record) {
			fmt.Printf("%s\n", r.Value)
			seen++
		})
	}
	cancel()
	fmt.Println("ended:", <-ended)
	// Output:
	// {"event":{"User":7},"user":{"Name":"user 7"}}
	// {"event":{"User":8},"user":{"Name":"user 8"}}
	// ended: <nil>
}
