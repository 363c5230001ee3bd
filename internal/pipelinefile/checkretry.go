package pipelinefile

import (
	"fmt"
	"maps"
)

// checkRetryTopics refuses topics that have other records, and more inputs than
// one: an event waits in the partition that it came from.
func (c *checker) checkRetryTopics() {
	f := c.file
	if len(f.Retry.Topics) == 0 {
		return
	}
	if len(f.Input.Topics) > 1 && c.Valid("input.topics[0]") {
		c.Fail("retry.topics", "there are %d input topics, and retry topics are for one; write a pipeline file for each input topic", len(f.Input.Topics))
	}
	used := map[string]string{f.Output.Topic: "output.topic", f.DeadLetter.Topic: "dead_letter.topic"}
	maps.Copy(used, f.Output.routeKeys())
	for _, topic := range f.Input.Topics {
		used[topic] = "in input.topics"
	}
	if i := f.Cache.Invalidate; i != nil {
		for _, topic := range i.Topics() {
			used[topic] = "in cache.invalidate"
		}
	}
	for i, t := range f.Retry.Topics {
		key := fmt.Sprintf("retry.topics[%d].topic", i)
		if where, ok := used[t.Topic]; ok && c.Valid(key) {
			c.Fail(key, "%s is also %s; a retry topic has waiting events and nothing else: choose another", c.Scalar(key), where)
		}
		used[t.Topic] = key
	}
}
