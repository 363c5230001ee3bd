package session

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/loaderline/loaderline/internal/kafkaerr"
)

// recreated compares the topics' IDs with the IDs that they must have.
func (c Config) recreated(now map[string]kadm.TopicID) error {
	for _, topic := range c.topics() {
		if known := c.TopicIDs[topic]; known != (kadm.TopicID{}) && known != now[topic] {
			role := "input"
			if slices.Contains(c.Retry.Topics, topic) {
				role = "retry"
			}
			return &kafkaerr.TopicRecreatedError{Topic: topic, Role: role}
		}
	}
	return nil
}
