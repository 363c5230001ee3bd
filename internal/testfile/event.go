package testfile

import (
	"math"
	"slices"
	"strconv"

	"github.com/loaderline/loaderline/internal/recordtime"
)

// maxOffset is the highest offset that a test may name. JSON numbers are exact up to it, and none that follows it overflows.
const maxOffset = 1<<53 - 1

// eventForm is how an event is written.
type eventForm int

const (
	plainEvent  eventForm = iota // any JSON value
	shortRecord                  // {value, key, headers}: a mapping that has value or raw, and no key that a record has not
	fullRecord                   // {event, record}: a mapping with event or raw, and a mapping record
)

// formOf returns how an event is written. A mapping with any other key is an event.
func formOf(n node) eventForm {
	if !n.IsMapping() {
		return plainEvent
	}
	entries, err := n.Entries()
	if err != nil {
		return plainEvent
	}
	has := map[string]node{}
	only := func(names ...string) bool {
		for name := range has {
			if !slices.Contains(names, name) {
				return false
			}
		}
		return true
	}
	for _, e := range entries {
		has[e.Name] = e.Value
	}
	_, value := has["value"]
	_, raw := has["raw"]
	_, event := has["event"]
	switch {
	case (value || raw) && only("key", "value", "raw", "headers"):
		return shortRecord
	case (event || raw) && has["record"].IsMapping() && only("event", "raw", "record"):
		return fullRecord
	default:
		return plainEvent
	}
}

func (p *parser) event(n node) Event {
	var e Event
	switch formOf(n) {
	case shortRecord:
		has := p.section(n, "a short record", keys{
			"key":     func(n node) { e.Key = p.bytes(n) },
			"raw":     func(n node) { e.Value = p.bytes(n) },
			"value":   p.value(&e),
			"headers": func(n node) { e.Headers = p.headers(n) },
		})
		if has["value"] && has["raw"] {
			p.fail(n.Errorf("value is JSON and raw is text as it is; write one of them"))
		}
	case fullRecord:
		has := p.section(n, "an event with its record", keys{
			"event":  p.value(&e),
			"raw":    func(n node) { e.Value = p.bytes(n) },
			"record": func(n node) { p.record(n, &e) },
		})
		if has["event"] && has["raw"] {
			p.fail(n.Errorf("event is JSON and raw is text as it is; write one of them"))
		}
	default:
		e.Value = p.json(n)
	}
	return e
}

// value reads JSON; null is a tombstone.
func (p *parser) value(e *Event) func(node) {
	return func(n node) {
		if !n.IsNull() {
			e.Value = p.json(n)
		}
	}
}

// record reads the parts of a record beside its value.
func (p *parser) record(n node, e *Event) {
	p.section(n, "a record", keys{
		"key":     func(n node) { e.Key = p.bytes(n) },
		"headers": func(n node) { e.Headers = p.headers(n) },
		"topic": func(n node) {
			e.TopicNode = n
			p.text(&e.Topic)(n)
		},
		"partition": func(n node) { e.Partition = int32(p.number(n, "a partition", math.MaxInt32)) },
		"offset": func(n node) {
			e.OffsetNode = n
			e.Offset = new(int64)
			*e.Offset = p.number(n, "an offset", maxOffset)
		},
		"timestamp": func(n node) {
			var text string
			before := len(p.problems)
			p.text(&text)(n)
			if len(p.problems) > before {
				return
			}
			at, err := recordtime.Parse(text)
			if err != nil {
				p.fail(n.Errorf("%v", err))
			}
			e.Timestamp = at
		},
	})
}

// number reads a whole number from 0.
func (p *parser) number(n node, what string, most int64) int64 {
	value := p.json(n)
	number, err := strconv.ParseInt(string(value), 10, 64)
	if value != nil && (err != nil || number < 0 || number > most) {
		p.fail(n.Errorf("%s is not %s; write a whole number from 0 to %d", value, what, most))
	}
	return number
}
