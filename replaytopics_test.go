package loaderline_test

import (
	"errors"
	"testing"
	"time"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/replaystate"
	"github.com/loaderline/loaderline/replay"
)

// A replay publishes nothing that its own pipeline would read, and no records among records of another kind.
func TestReplayRefusesTopicsOfThePipeline(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		into, dead string
		want       []replaystate.TopicError
	}{
		"the input":                      {"in", "", []replaystate.TopicError{{Field: "Into", Topic: "in", Use: "Consumer.Topics"}}},
		"a retry topic":                  {"later", "", []replaystate.TopicError{{Field: "Into", Topic: "later", Use: "Retry.Topics"}}},
		"the dead letters":               {"dead", "", []replaystate.TopicError{{Field: "Into", Topic: "dead", Use: "Sink.DeadLetterTopic"}}},
		"dead letters to the input":      {"again", "in", []replaystate.TopicError{{Field: "DeadLetterTopic", Topic: "in", Use: "Consumer.Topics"}}},
		"dead letters to the output":     {"again", "out", []replaystate.TopicError{{Field: "DeadLetterTopic", Topic: "out", Use: "Sink.Topic"}}},
		"dead letters among the records": {"again", "again", []replaystate.TopicError{{Field: "DeadLetterTopic", Topic: "again", Use: "Into"}}},
		"dead letters of the own output": {"", "out", []replaystate.TopicError{{Field: "DeadLetterTopic", Topic: "out", Use: "Sink.Topic"}}},
		"dead letters to a retry topic":  {"", "later", []replaystate.TopicError{{Field: "DeadLetterTopic", Topic: "later", Use: "Retry.Topics"}}},
		"both":                           {"in", "later", []replaystate.TopicError{{Field: "Into", Topic: "in", Use: "Consumer.Topics"}, {Field: "DeadLetterTopic", Topic: "later", Use: "Retry.Topics"}}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBroker(t)
			b.createTopics("again", "again-dead")
			b.partition(0, 3)
			cfg := numbers(b, doubles)
			cfg.Retry.Topics = []loaderline.RetryTopic{{Topic: "later", Delay: time.Minute}}
			_, err := runReplay(t, cfg, replay.Config{ID: "a", Ranges: ranges(map[int32]replay.Range{0: {To: 3}}), Into: test.into, DeadLetterTopic: test.dead})
			var got []replaystate.TopicError
			if joined, ok := err.(interface{ Unwrap() []error }); ok {
				for _, one := range joined.Unwrap() {
					if e, is := errors.AsType[*replaystate.TopicError](one); is {
						got = append(got, *e)
					}
				}
			}
			if len(got) != len(test.want) {
				t.Fatalf("got %v", err)
			}
			for i := range got {
				if got[i] != test.want[i] {
					t.Errorf("got %+v, want %+v", got[i], test.want[i])
				}
			}
		})
	}
}
