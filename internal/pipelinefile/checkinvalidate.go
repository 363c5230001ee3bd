package pipelinefile

import (
	"fmt"
	"slices"
)

// checkInvalidate checks what invalidates against the topics and the stages,
// whose caches are known by now.
func (d *decoder) checkInvalidate(i *Invalidate) {
	const key = "cache.invalidate"
	_, hasTopic := d.file.positions[key+".topic"]
	_, hasChanges := d.file.positions[key+".changes"]
	if !hasTopic && !hasChanges {
		d.fail(key, "names no topic, so nothing would ever be invalidated; add changes: [{topic: shop.public.users, key: id, stages: [user]}], or topic: NAME for loaderline cache invalidate")
	}
	if d.read(key + ".topic") {
		d.checkCommandTopic(key+".topic", i)
	}
	for n, c := range i.Changes {
		d.checkChange(fmt.Sprintf("%s.changes[%d]", key, n), c)
	}
}

// checkCommandTopic refuses a topic that has other records.
func (d *decoder) checkCommandTopic(key string, i *Invalidate) {
	f := d.file
	used := map[string]string{f.Output.Topic: "output.topic", f.DeadLetter.Topic: "dead_letter.topic"}
	for _, topic := range f.Input.Topics {
		used[topic] = "input.topics"
	}
	for n, c := range i.Changes {
		used[c.Topic] = fmt.Sprintf("cache.invalidate.changes[%d].topic", n)
	}
	if where, ok := used[i.Topic]; ok {
		d.fail(key, "%s is also %s; this topic has commands of loaderline and nothing else: choose another", d.written[key].shown(), where)
	}
}

// checkChange checks that the stages are there, that they keep rows, and that
// their keys have as many parts.
func (d *decoder) checkChange(key string, c Change) {
	for n, name := range c.Stages {
		at := fmt.Sprintf("%s.stages[%d]", key, n)
		if !d.read(at) {
			continue
		}
		i := slices.IndexFunc(d.file.Stages, func(s Stage) bool { return s.Name == name })
		if i < 0 {
			d.noStage(at)
			continue
		}
		stage := "stages." + name
		if _, ok := d.file.positions[stage]; !ok {
			continue // It has been refused.
		}
		s := d.file.Stages[i]
		if s.Cache.TTL == 0 {
			d.fail(at, "stage %s is not cached, so there is nothing to invalidate; give it a ttl, as in cache: {ttl: 10m}", name)
		}
		if len(c.Key) > 0 && len(s.By) > 0 && len(c.Key) != len(s.By) {
			d.fail(key+".key", "key has %d, but by of stage %s has %d; write one column for each path of by, in the same order", len(c.Key), name, len(s.By))
		}
	}
}

func (d *decoder) noStage(key string) {
	names := make([]string, len(d.file.Stages))
	for i, s := range d.file.Stages {
		names[i] = s.Name
	}
	d.noName("stage", key, names)
}
