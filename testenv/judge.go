package testenv

import (
	"fmt"
	"maps"
	"slices"
)

// judge goes over a ledger once, topic by topic, partition by partition, in the order of offsets.
type judge struct {
	ledger  *Ledger
	report  Report
	settled map[Source]place  // the place of an input record's first outcome.
	byEvent map[uint64]Source // filled when an outcome without headers comes.
	latest  map[lane]int64    // the last source offset in a lane.
	homes   map[uint64]int    // the output partition that a key was first seen in.
	early   map[lane][]early  // at least once: what came too early and has not come again.
}

// place is where an outcome is.
type place struct {
	topic     string
	partition int
	offset    int64
}

// String returns TOPIC PARTITION:OFFSET.
func (p place) String() string { return fmt.Sprintf("%s %d:%d", p.topic, p.partition, p.offset) }

// The topics, as findings name them.
const (
	outputs     = "output"
	deadLetters = "dead letters"
)

// lane is what order is kept in: the records of one key from one source partition in one partition of a topic.
type lane struct {
	topic          string
	partition, src int
	key            uint64
}

// early is an outcome that came before that of an earlier record of its key.
type early struct {
	offset  int64 // its record's.
	finding string
}

// newJudge returns a judge who has seen nothing.
func newJudge(l *Ledger) *judge {
	return &judge{
		ledger: l, settled: map[Source]place{}, latest: map[lane]int64{}, homes: map[uint64]int{}, early: map[lane][]early{},
		report: Report{DeadLetters: map[Source]DeadLetter{}, AtLeastOnce: l.config.AtLeastOnce},
	}
}

// topic judges the outcomes of one topic.
func (j *judge) topic(name string, partitions map[int][]outcome) {
	for _, id := range slices.Sorted(maps.Keys(partitions)) {
		for i := range partitions[id] {
			j.outcome(name, id, &partitions[id][i])
		}
	}
}

// outcome judges one outcome.
func (j *judge) outcome(topic string, partition int, o *outcome) {
	at := place{topic: topic, partition: partition, offset: o.offset}
	if o.letter == nil {
		j.report.Enriched++
	} else {
		j.report.Dead++
	}
	source := o.of
	if source.Partition < 0 {
		source = j.find(o.event)
	}
	input, ok := j.ledger.input(source)
	if !ok {
		j.report.Unexpected.add("%s: there is no input record %s that it could be of%s", at, source, also(o.wrong))
		return
	}
	j.content(at, source, input, o)
	if o.unexpected != "" {
		j.report.Unexpected.add("%s of %s: %s", at, source, o.unexpected)
	}
	if first, ok := j.settled[source]; ok {
		j.report.Duplicates.add("%s and %s are both of %s", first, at, source)
		j.again(at, source, input.key)
		return
	}
	j.settled[source] = at
	j.report.Distinct++
	if o.letter != nil {
		letter := *o.letter
		letter.Source = source
		j.report.DeadLetters[source] = letter
	}
	j.order(at, source, input.key)
}

// content judges what an outcome holds.
func (j *judge) content(at place, source Source, input inputRecord, o *outcome) {
	switch {
	case o.wrong != "":
		j.report.Wrong.add("%s of %s: %s", at, source, o.wrong)
	case !o.unreadable && o.event != input.event:
		j.report.Wrong.add("%s of %s: its event is not the input's", at, source)
	case o.key != input.key:
		j.report.Wrong.add("%s of %s: its key is not the input's", at, source)
	case o.letter == nil && o.millis != input.millis:
		j.report.Wrong.add("%s of %s: its timestamp is %d, the input's %d", at, source, o.millis, input.millis)
	}
}

// order judges the place of a first outcome among those of its key.
func (j *judge) order(at place, source Source, key uint64) {
	if key == nullHash {
		return // records without a key have no order among them.
	}
	if at.topic == deadLetters && j.ledger.config.DeadInAnyOrder {
		return
	}
	l := lane{topic: at.topic, partition: at.partition, src: source.Partition, key: key}
	if latest, ok := j.latest[l]; ok && latest > source.Offset {
		finding := fmt.Sprintf("%s of %s comes after that of %d:%d, which has the same key", at, source, source.Partition, latest)
		j.early[l] = append(j.early[l], early{offset: latest, finding: finding})
	} else {
		j.latest[l] = source.Offset
	}
	if at.topic != outputs {
		return
	}
	home, ok := j.homes[key]
	if !ok {
		j.homes[key] = at.partition
	} else if home != at.partition {
		j.report.OutOfOrder.add("%s of %s: its key is in partition %d too", at, source, home)
	}
}

// again makes good, at least once, that an outcome came too early: it comes once more, and so in order.
func (j *judge) again(at place, source Source, key uint64) {
	if !j.ledger.config.AtLeastOnce {
		return
	}
	l := lane{topic: at.topic, partition: at.partition, src: source.Partition, key: key}
	if of, ok := j.early[l]; ok {
		j.early[l] = slices.DeleteFunc(of, func(e early) bool { return e.offset == source.Offset })
	}
}

// tooEarly counts what came too early.
func (j *judge) tooEarly() {
	var findings []string
	for _, of := range j.early {
		for _, e := range of {
			findings = append(findings, e.finding)
		}
	}
	slices.Sort(findings)
	for _, finding := range findings {
		j.report.OutOfOrder.add("%s", finding)
	}
}

// lost counts the input records that have no outcome.
func (j *judge) lost() {
	for _, id := range slices.Sorted(maps.Keys(j.ledger.inputs)) {
		list := j.ledger.inputs[id]
		j.report.Inputs += len(list)
		for _, r := range list {
			if _, ok := j.settled[Source{Partition: id, Offset: r.offset}]; !ok {
				j.report.Lost.add("%s has no outcome", Source{Partition: id, Offset: r.offset})
			}
		}
	}
}

// find returns the input record with an event of that hash, or one that is not there.
func (j *judge) find(event uint64) Source {
	if j.byEvent == nil {
		j.byEvent = map[uint64]Source{}
		for id, list := range j.ledger.inputs {
			for _, r := range list {
				j.byEvent[r.event] = Source{Partition: id, Offset: r.offset}
			}
		}
	}
	if of, ok := j.byEvent[event]; ok {
		return of
	}
	return Source{Partition: -1, Offset: -1}
}

// also introduces a second finding about an outcome.
func also(finding string) string {
	if finding == "" {
		return ""
	}
	return ", and " + finding
}
