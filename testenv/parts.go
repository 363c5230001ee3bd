package testenv

import (
	"cmp"
	"encoding/json"
	"slices"
)

// Part is one of several records that an event becomes.
type Part struct {
	// Topic is one of [CheckerConfig].Routes. Defaults to the output topic.
	Topic string
	// Element is the JSON that the record has in its field "item", with sorted members. No other element of the event's
	// list is equal to it.
	Element string
}

// part is one of the records of an input record.
type part struct {
	of    Source
	index int // in the list of the event.
}

// before reports whether a part of the same partition comes before another one.
func (p part) before(other part) bool {
	return cmp.Or(cmp.Compare(p.of.Offset, other.of.Offset), cmp.Compare(p.index, other.index)) < 0
}

// takeElement removes the field "item" from the fields of an output, and returns its JSON.
func takeElement(fields map[string]any) string {
	item, ok := fields["item"]
	if !ok {
		return ""
	}
	delete(fields, "item")
	text, err := json.Marshal(item)
	if err != nil {
		return err.Error() // no element is equal to it.
	}
	return string(text)
}

// part returns which part of its event an outcome is; ok is false where it is none. The whole event is part 0.
func (j *judge) part(at place, source Source, o *outcome) (_ part, ok bool) {
	if !j.isPart(o) {
		return part{of: source}, true
	}
	topic := at.topic
	if topic == outputs {
		topic = ""
	}
	i := slices.Index(j.ledger.parts[source], Part{Topic: topic, Element: j.ledger.elements[at]})
	return part{of: source, index: i}, i >= 0
}

// isPart reports whether an outcome is one of several.
func (j *judge) isPart(o *outcome) bool { return j.ledger.config.Parts != nil && o.letter == nil }

// settle notes the place of an outcome. If the same outcome was there before, or anything of an event that is dead now,
// settle returns the first place and false.
func (j *judge) settle(at place, p part, o *outcome) (first place, ok bool) {
	first, again := j.settled[p.of]
	if !again {
		j.settled[p.of] = at
		j.report.Distinct++
	}
	if !j.isPart(o) {
		return first, !again
	}
	first, again = j.made[p]
	if !again {
		j.made[p] = at
	}
	return first, !again
}

// incomplete counts the records that an event with other records has not got.
func (j *judge) incomplete(source Source) {
	for i, want := range j.ledger.parts[source] {
		if _, ok := j.made[part{of: source, index: i}]; !ok {
			topic := want.Topic
			if topic == "" {
				topic = outputs
			}
			j.report.Lost.add("%s has records, but none of its element %s in %s", source, want.Element, topic)
		}
	}
}
