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
	made    map[part]place    // the first place of each of an event's records, where events become several.
	byEvent map[uint64]Source // filled when an outcome without headers comes.
	latest  map[lane]part     // what came last in a lane.
	homes   map[home]int      // the output partition that a key was first seen in.
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

// home is a key in a topic of outputs.
type home struct {
	topic string
	key   uint64
}

// early is an outcome that came before that of an earlier record of its key.
type early struct {
	after   part // what it came before.
	finding string
}

// newJudge returns a judge who has seen nothing.
func newJudge(l *Ledger) *judge {
	return &judge{
		ledger: l, settled: map[Source]place{}, made: map[part]place{}, latest: map[lane]part{}, homes: map[home]int{}, early: map[lane][]early{},
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
	p, ok := j.part(at, source, o)
	if !ok {
		j.report.Unexpected.add("%s of %s: its event has no record of an element %s there", at, source, j.ledger.elements[at])
		return
	}
	if first, ok := j.settle(at, p, o); !ok {
		j.report.Duplicates.add("%s and %s are both of %s", first, at, source)
		j.again(at, p, input.key)
		return
	}
	if o.letter != nil {
		letter := *o.letter
		letter.Source = source
		j.report.DeadLetters[source] = letter
	}
	j.order(at, p, input.key)
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
func (j *judge) order(at place, p part, key uint64) {
	if key == nullHash {
		return // records without a key have no order among them.
	}
	if at.topic == deadLetters && j.ledger.config.DeadInAnyOrder {
		return
	}
	l := lane{topic: at.topic, partition: at.partition, src: p.of.Partition, key: key}
	if latest, ok := j.latest[l]; ok && p.before(latest) {
		finding := fmt.Sprintf("%s of %s comes after that of %s, which has the same key", at, p.of, latest.of)
		j.early[l] = append(j.early[l], early{after: latest, finding: finding})
	} else {
		j.latest[l] = p
	}
	if at.topic == deadLetters {
		return
	}
	h := home{topic: at.topic, key: key}
	partition, ok := j.homes[h]
	if !ok {
		j.homes[h] = at.partition
	} else if partition != at.partition {
		j.report.OutOfOrder.add("%s of %s: its key is in partition %d too", at, p.of, partition)
	}
}

// again makes good, at least once, that an outcome came too early: it comes once more, and so in order.
func (j *judge) again(at place, p part, key uint64) {
	if !j.ledger.config.AtLeastOnce {
		return
	}
	l := lane{topic: at.topic, partition: at.partition, src: p.of.Partition, key: key}
	if of, ok := j.early[l]; ok {
		j.early[l] = slices.DeleteFunc(of, func(e early) bool { return e.after == p })
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

// lost counts the input records without an outcome, and the missing records of events with some of theirs.
func (j *judge) lost() {
	for _, id := range slices.Sorted(maps.Keys(j.ledger.inputs)) {
		list := j.ledger.inputs[id]
		j.report.Inputs += len(list)
		for _, r := range list {
			source := Source{Partition: id, Offset: r.offset}
			if first, ok := j.settled[source]; !ok {
				j.report.Lost.add("%s has no outcome", source)
			} else if first.topic != deadLetters {
				j.incomplete(source)
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
