package consumer

import (
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
)

// TopicRecreatedError says that a topic was deleted and created again while a
// pipeline ran, or since it last ran. Offsets of the old topic say nothing
// about the new one, so the session has read and published nothing of the new
// one.
type TopicRecreatedError struct {
	Topic string
	// Role is what the pipeline uses the topic for: input, retry, output
	// or dead-letter.
	Role string
}

// Error implements error.
func (e *TopicRecreatedError) Error() string {
	text := fmt.Sprintf("the %s topic %s was deleted and created again: ", e.Role, e.Topic)
	if e.Role == "input" {
		return text + "stop all processes of the pipeline, choose where to go on with loaderline offsets set PIPELINE --to earliest, or another position, for all partitions, and start again"
	}
	return text + "stop all processes of the pipeline, take the new topic with loaderline offsets accept PIPELINE, and start again"
}

// recreated compares the topics' IDs with the IDs that they must have.
func (c Config) recreated(now map[string]kadm.TopicID) error {
	for _, topic := range c.topics() {
		if known := c.TopicIDs[topic]; known != (kadm.TopicID{}) && known != now[topic] {
			role := "input"
			if slices.Contains(c.Retry.Topics, topic) {
				role = "retry"
			}
			return &TopicRecreatedError{Topic: topic, Role: role}
		}
	}
	return nil
}
