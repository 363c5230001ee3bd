package replaystate

import (
	"errors"
	"slices"

	"github.com/loaderline/loaderline/replay"
)

// Topics are the topics of a pipeline. The first of the Outputs is that of Sink.Topic.
type Topics struct {
	Inputs, Retries, Outputs []string
	DeadLetters              string
}

// Check returns TopicErrors if the pipeline would read the replay's records as input, or if they would be among records of
// another kind. The configuration has its defaults.
func (t Topics) Check(cfg replay.Config) error {
	var problems []error
	check := func(field, topic string, others map[string]string) {
		use := others[topic]
		switch _, read := cfg.Ranges[topic]; {
		case slices.Contains(t.Inputs, topic):
			use = "Consumer.Topics"
		case slices.Contains(t.Retries, topic):
			use = "Retry.Topics"
		case read:
			use = "Ranges"
		}
		if use != "" {
			problems = append(problems, &TopicError{Field: field, Topic: topic, Use: use})
		}
	}
	check("Into", cfg.Into, map[string]string{t.DeadLetters: "Sink.DeadLetterTopic"})
	enriched := map[string]string{cfg.Into: "Into"}
	for i, output := range t.Outputs {
		enriched[output] = "Sink.Topics"
		if i == 0 {
			enriched[output] = "Sink.Topic"
		}
	}
	check("DeadLetterTopic", cfg.DeadLetterTopic, enriched)
	return errors.Join(problems...)
}
