package loaderline

import (
	"sync"

	"github.com/loaderline/loaderline/consumer"
)

// limits is max.message.bytes of the topics, as far as it is known. All workers share it.
type limits struct {
	mu    sync.RWMutex
	bytes map[string]int
}

func newLimits(topics map[string]consumer.TopicInfo) *limits {
	l := &limits{bytes: make(map[string]int, len(topics))}
	for topic, info := range topics {
		l.bytes[topic] = info.MaxMessageBytes
	}
	return l
}

func (l *limits) of(topic string) int {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if limit, ok := l.bytes[topic]; ok {
		return limit
	}
	return consumer.DefaultMaxMessageBytes
}

// lower takes over limits that are lower than was known. Higher ones wait for the next start: clients that run already
// would not accept what a record may have by them.
func (l *limits) lower(topics map[string]consumer.TopicInfo) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for topic, info := range topics {
		if known, ok := l.bytes[topic]; !ok || info.MaxMessageBytes < known {
			l.bytes[topic] = info.MaxMessageBytes
		}
	}
}
