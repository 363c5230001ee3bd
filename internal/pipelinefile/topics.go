package pipelinefile

import (
	"slices"
)

// TopicNames are the topics in which events wait, in order.
func (r Retry) TopicNames() []string {
	names := make([]string, len(r.Topics))
	for i, t := range r.Topics {
		names[i] = t.Topic
	}
	return names
}

// Consumed returns the topics that the group of the pipeline reads: the input topics, then the retry topics.
func (f *File) Consumed() []string {
	return slices.Concat(f.Input.Topics, f.Retry.TopicNames())
}

// AllTopics returns the input topics, the output, dead-letter and retry topics, and the change topics, each once.
func (f *File) AllTopics() []string {
	topics := slices.Concat(f.Input.Topics, []string{f.Output.Topic, f.DeadLetter.Topic}, f.Retry.TopicNames())
	for _, topic := range f.Cache.Invalidate.Topics() {
		if !slices.Contains(topics, topic) { // Events may tell of changes.
			topics = append(topics, topic)
		}
	}
	return topics
}

// KeyOf returns the key that names a topic of the pipeline; empty if none does.
func (f *File) KeyOf(topic string) string {
	switch {
	case slices.Contains(f.Input.Topics, topic):
		return "input.topics"
	case topic == f.Output.Topic:
		return "output.topic"
	case topic == f.DeadLetter.Topic:
		return "dead_letter.topic"
	case slices.Contains(f.Retry.TopicNames(), topic):
		return "retry.topics"
	case slices.Contains(f.Cache.Invalidate.Topics(), topic):
		return "cache.invalidate"
	default:
		return ""
	}
}
