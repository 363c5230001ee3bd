package pipelinefile

import (
	"fmt"
	"maps"
	"slices"
)

// checkInvalidate checks what invalidates against the topics and the stages,
// whose caches are known by now.
func (c *checker) checkInvalidate(i *Invalidate) {
	const key = "cache.invalidate"
	if !c.Has(key+".topic") && !c.Has(key+".changes") {
		c.Fail(key, "names no topic, so nothing would ever be invalidated; add changes: [{topic: shop.public.users, key: id, stages: [user]}], or topic: NAME for loaderline cache invalidate")
	}
	if c.Valid(key + ".topic") {
		c.checkCommandTopic(key+".topic", i)
	}
	first := map[string]Format{} // by topic
	for n, change := range i.Changes {
		at := fmt.Sprintf("%s.changes[%d]", key, n)
		c.checkChange(at, change)
		if f, more := first[change.Topic]; more && f != change.Format {
			c.Fail(at+".format", "is %s, and an earlier entry has %s for topic %s; write the same in each entry of a topic", change.Format, f, change.Topic)
		} else {
			first[change.Topic] = change.Format
		}
	}
}

// checkCommandTopic refuses a topic that has other records.
func (c *checker) checkCommandTopic(key string, i *Invalidate) {
	f := c.file
	used := map[string]string{f.Output.Topic: "output.topic", f.DeadLetter.Topic: "dead_letter.topic"}
	maps.Copy(used, f.Output.routeKeys())
	for _, topic := range f.Input.Topics {
		used[topic] = "input.topics"
	}
	for n, change := range i.Changes {
		used[change.Topic] = fmt.Sprintf("cache.invalidate.changes[%d].topic", n)
	}
	if where, ok := used[i.Topic]; ok {
		c.Fail(key, "%s is also %s; this topic has commands of loaderline and nothing else: choose another", c.Scalar(key), where)
	}
}

// checkChange checks that the stages are there, that they keep rows, and that
// their keys have as many parts.
func (c *checker) checkChange(key string, change Change) {
	if change.Format.HasSchema() && !c.Has("registry") {
		c.Fail(key+".format", "nothing has the schemas of records in %s; add registry: {url: ...}", change.Format)
	}
	for n, name := range change.Stages {
		at := fmt.Sprintf("%s.stages[%d]", key, n)
		if !c.Valid(at) {
			continue
		}
		i := slices.IndexFunc(c.file.Stages, func(s Stage) bool { return s.Name == name })
		if i < 0 {
			c.noStage(at)
			continue
		}
		stage := "stages." + name
		if !c.Has(stage) {
			continue // It has been refused.
		}
		s := c.file.Stages[i]
		if s.Cache.TTL == 0 {
			c.Fail(at, "stage %s is not cached, so there is nothing to invalidate; give it a ttl, as in cache: {ttl: 10m}", name)
		}
		if len(change.Key) > 0 && len(s.By) > 0 && len(change.Key) != len(s.By) {
			c.Fail(key+".key", "key has %d, but by of stage %s has %d; write one column for each path of by, in the same order", len(change.Key), name, len(s.By))
		}
	}
}

func (c *checker) noStage(key string) {
	names := make([]string, len(c.file.Stages))
	for i, s := range c.file.Stages {
		names[i] = s.Name
	}
	c.noName("stage", key, names)
}
