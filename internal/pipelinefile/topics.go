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

// Consumed are the topics that the pipeline's group reads: those of the input, then those of retries.
func (f *File) Consumed() []string {
	return slices.Concat(f.Input.Topics, f.Retry.TopicNames())
}

// AllTopics are those of the input, then output, dead letters and retries, then those that invalidate; each once.
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
