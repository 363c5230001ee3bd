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

// OutputTopics returns the topics for enriched records, each once: output.topic first, then those of the routes.
func (f *File) OutputTopics() []string {
	topics := []string{f.Output.Topic}
	for _, r := range f.Output.Routes {
		if r.Topic != "" && !slices.Contains(topics, r.Topic) {
			topics = append(topics, r.Topic)
		}
	}
	return topics
}

// Published returns the topics with the outcomes of the pipeline: the output topics, the dead-letter topic, and the retry
// topics.
func (f *File) Published() []string {
	return slices.Concat(f.OutputTopics(), []string{f.DeadLetter.Topic}, f.Retry.TopicNames())
}

// Tables returns the topics that are tables, each once.
func (f *File) Tables() []string {
	var topics []string
	for _, s := range f.Sources {
		if s.Topic != nil && !slices.Contains(topics, s.Topic.Topic) {
			topics = append(topics, s.Topic.Topic)
		}
	}
	return topics
}

// AllTopics returns the input topics, the output, dead-letter and retry topics, the change topics, and those that are tables, each
// once.
func (f *File) AllTopics() []string {
	topics := slices.Concat(f.Input.Topics, f.Published())
	for _, topic := range slices.Concat(f.Cache.Invalidate.Topics(), f.Tables()) {
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
	case slices.Contains(f.OutputTopics(), topic):
		return "output.routes"
	case slices.Contains(f.Retry.TopicNames(), topic):
		return "retry.topics"
	case slices.Contains(f.Cache.Invalidate.Topics(), topic):
		return "cache.invalidate"
	case slices.Contains(f.Tables(), topic):
		return "sources"
	default:
		return ""
	}
}
