package loaderline

import (
	"errors"
	"fmt"
	"slices"

	"github.com/loaderline/loaderline/consumer"
)

// ReplayTopicError says that a replay would publish to a topic that the pipeline uses for something else.
type ReplayTopicError struct {
	// Field is the field of ReplayConfig.
	Field string
	Topic string
	// Use is the field of Config that has the topic, or the field Ranges or Into of ReplayConfig.
	Use string
}

// Error implements error.
func (e *ReplayTopicError) Error() string {
	return fmt.Sprintf("field %s is %s, which is also in %s; publish to another topic", e.Field, e.Topic, e.Use)
}

// checkTopics returns *ReplayTopicErrors if the pipeline would read the replay's records as input, or if they would
// stand among records of another kind. The arguments are the pipeline's own, and r has its defaults.
func (r ReplayConfig) checkTopics(output, deadLetters string, input consumer.Config) error {
	var problems []error
	check := func(field, topic string, others map[string]string) {
		use := others[topic]
		switch _, read := r.Ranges[topic]; {
		case slices.Contains(input.Topics, topic):
			use = "Consumer.Topics"
		case slices.Contains(input.Retry.Topics, topic):
			use = "Retry.Topics"
		case read:
			use = "Ranges"
		}
		if use != "" {
			problems = append(problems, &ReplayTopicError{Field: field, Topic: topic, Use: use})
		}
	}
	check("Into", r.Into, map[string]string{deadLetters: "Sink.DeadLetterTopic"})
	check("DeadLetterTopic", r.DeadLetterTopic, map[string]string{r.Into: "Into", output: "Sink.Topic"})
	return errors.Join(problems...)
}
