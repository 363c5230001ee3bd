package loaderline

import (
	"sync"

	"github.com/loaderline/loaderline/internal/kafkaadmin"
)

// topicLimits holds the known max.message.bytes of the topics. All workers share it.
type topicLimits struct {
	mu    sync.RWMutex
	bytes map[string]int
}

func newTopicLimits(topics map[string]kafkaadmin.TopicInfo) *topicLimits {
	l := &topicLimits{bytes: make(map[string]int, len(topics))}
	for topic, info := range topics {
		l.bytes[topic] = info.MaxMessageBytes
	}
	return l
}

func (l *topicLimits) of(topic string) int {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if limit, ok := l.bytes[topic]; ok {
		return limit
	}
	return kafkaadmin.DefaultMaxMessageBytes
}

// lower adopts limits that are lower than the known ones. Higher limits take effect at the next start, because running
// clients would reject larger records.
func (l *topicLimits) lower(topics map[string]kafkaadmin.TopicInfo) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for topic, info := range topics {
		if known, ok := l.bytes[topic]; !ok || info.MaxMessageBytes < known {
			l.bytes[topic] = info.MaxMessageBytes
		}
	}
}
