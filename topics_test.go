package loaderline_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaerr"
)

// watched is a pipeline that has a topic of each role.
func watched(b *broker) loaderline.Config[int] {
	cfg := numbers(b, doubles)
	cfg.Retry.Topics = []loaderline.RetryTopic{{Topic: "retry", Delay: time.Second}}
	cfg.Sink.Topics = []string{"out", "gold"}
	return cfg
}

// roles are the topics of watched.
var roles = map[string]string{"in": "input", "retry": "retry", "out": "output", "gold": "output", "dead": "dead-letter"}

func newWatchedBroker(t *testing.T) *broker {
	t.Helper()
	return newBroker(t, kfake.SeedTopics(4, "in", "out", "gold", "dead", "retry"))
}

// recreate deletes a topic and creates it again.
func (b *broker) recreate(topic string) {
	b.t.Helper()
	admin := kadm.NewClient(b.client)
	if _, err := admin.DeleteTopics(b.t.Context(), topic); err != nil {
		b.t.Fatal(err)
	}
	if _, err := admin.CreateTopic(b.t.Context(), 4, 1, nil, topic); err != nil {
		b.t.Fatal(err)
	}
}

func TestATopicThatWasCreatedAgainStopsARestart(t *testing.T) {
	t.Parallel()
	for topic, role := range roles {
		t.Run(topic, func(t *testing.T) {
			t.Parallel()
			b := newWatchedBroker(t)
			cfg := watched(b)
			stop := start(t, cfg)
			b.publish(events(10)...)
			b.waitFor(10)
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			b.recreate(topic)
			for range 2 { // It is said again at each start.
				wantRecreated(t, run(t, cfg), topic, role)
			}
			if err := loaderline.AcceptTopics(t.Context(), cfg.Consumer.Kafka, cfg.Consumer.Group, topic); err != nil {
				t.Fatal(err)
			}
			if err := start(t, cfg)(); err != nil {
				t.Errorf("after it was accepted: %v", err)
			}
		})
	}
}

func TestATopicThatIsCreatedAgainStopsARun(t *testing.T) {
	t.Parallel()
	for topic, role := range roles {
		for _, busy := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, busy %t", role, busy), func(t *testing.T) {
				t.Parallel()
				b := newWatchedBroker(t)
				p, err := loaderline.New(watched(b))
				if err != nil {
					t.Fatal(err)
				}
				p.CheckTopicsEvery(50 * time.Millisecond)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				ran := make(chan error, 1)
				go func() { ran <- p.Run(ctx) }()
				b.publish(events(10)...)
				b.waitFor(10)
				if busy {
					publishing, done := context.WithCancel(ctx)
					published := make(chan struct{})
					defer func() {
						done()
						<-published
					}()
					go func() {
						defer close(published)
						for tick := time.Tick(2 * time.Millisecond); publishing.Err() == nil; <-tick {
							b.client.ProduceSync(publishing, &kgo.Record{Topic: "in", Value: []byte("1")})
						}
					}()
				}
				b.recreate(topic)
				err = <-ran
				// A reader or a publisher may notice it before the watch does, and the watch may look between the two.
				_, isFetch := errors.AsType[*kafkaerr.FetchError](err)
				_, isProduce := errors.AsType[*kafkaerr.ProduceError](err)
				want := "created anew"
				if errors.Is(err, consumer.ErrTopicMissing) {
					want = "was deleted while the pipeline ran"
				}
				if !isFetch && !isProduce && !errors.Is(err, consumer.ErrTopicMissing) {
					wantRecreated(t, err, topic, role)
				} else if !strings.Contains(err.Error(), topic) || !strings.Contains(err.Error(), want) {
					t.Errorf("it ended with %v", err)
				}
				// Whatever was noticed first, the next start says what to do.
				wantRecreated(t, run(t, watched(b)), topic, role)
			})
		}
	}
}

func run(t *testing.T, cfg loaderline.Config[int]) error {
	t.Helper()
	p, err := loaderline.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p.Run(t.Context())
}

func wantRecreated(t *testing.T, err error, topic, role string) {
	t.Helper()
	recreated, ok := errors.AsType[*kafkaerr.TopicRecreatedError](err)
	command := "offsets accept"
	if role == "input" {
		command = "offsets set"
	}
	if !ok || recreated.Topic != topic || recreated.Role != role || !strings.Contains(err.Error(), command) {
		t.Errorf("it ended with %v", err)
	}
}
