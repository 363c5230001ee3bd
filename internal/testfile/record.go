package testfile

import (
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loaderline/loaderline/internal/strictyaml"
	"github.com/loaderline/loaderline/sink"
)

func (p *parser) json(n node) jsontext.Value {
	value, err := n.JSON()
	if err != nil {
		p.fail(err)
	}
	return value
}

func (p *parser) bytes(n node) []byte {
	var text string
	p.text(&text)(n)
	return []byte(text)
}

func (p *parser) headers(n node) []Header {
	entries, err := n.Entries()
	if err != nil {
		p.fail(err)
		return nil
	}
	all := make([]Header, len(entries))
	for i, e := range entries {
		all[i].Name = e.Name
		if !e.Value.IsNull() {
			p.optional(&all[i].Value)(e.Value)
		}
	}
	return all
}

func (p *parser) expect(n node) Expect {
	var e Expect
	if n.IsList() {
		return p.several(n)
	}
	if !n.IsMapping() {
		var word string
		p.text(&word)(n)
		e.Outcome = Outcome(word)
		if word != "" && e.Outcome != Filtered && e.Outcome != Dropped && e.Outcome != Outage {
			p.fail(n.Errorf("%q is not an outcome; write filtered, dropped or outage, or a mapping with value, contains or dead_letter, or a list of mappings for several records", word))
		}
		return e
	}
	has := p.section(n, "an expected outcome", keys{
		"value":       func(n node) { e.Value = p.json(n) },
		"contains":    func(n node) { e.Value, e.Partial = p.json(n), true },
		"key":         p.key(&e),
		"topic":       p.optional(&e.Topic),
		"headers":     func(n node) { e.Headers = p.headers(n) },
		"dead_letter": func(n node) { e.Failure = p.deadLetter(n) },
	})
	e.Outcome = Record
	switch {
	case has["value"] && has["contains"]:
		p.fail(n.Errorf("value is the whole value and contains a part of it; write one of them"))
	case has["dead_letter"] && (has["value"] || has["contains"]):
		p.fail(n.Errorf("a dead letter has the value of its event; leave out value and contains"))
	case has["dead_letter"]:
		e.Outcome = DeadLetter
	}
	return e
}

// several reads the records of one event.
func (p *parser) several(n node) Expect {
	e := Expect{Outcome: Record}
	p.list(func(n node) {
		if !n.IsMapping() {
			p.fail(n.Errorf("a record of several is a mapping with value or contains, key, topic and headers"))
			return
		}
		record := p.expect(n)
		if record.Outcome == DeadLetter {
			p.fail(n.Errorf("an event has its records or one dead letter; write dead_letter without a list"))
		}
		e.Several = append(e.Several, record)
	})(n)
	if elements, err := n.List(); err == nil && len(elements) == 0 {
		p.fail(n.Errorf("the list is empty; write dropped for an event without a record"))
	}
	return e
}

// key reads the key of a record, where null is no key.
func (p *parser) key(e *Expect) func(node) {
	return func(n node) {
		if e.NoKey = n.IsNull(); !e.NoKey {
			p.optional(&e.Key)(n)
		}
	}
}

// kinds are what loaderline.error.kind may be.
var kinds = []string{
	string(sink.KindDecode), string(sink.KindKey), string(sink.KindMissing), string(sink.KindLookup), string(sink.KindEncode), string(sink.KindTooLarge),
}

func (p *parser) deadLetter(n node) Failure {
	var f Failure
	p.section(n, "a dead letter", keys{
		"kind":    p.text(&f.Kind),
		"stage":   p.text(&f.Stage),
		"code":    p.text(&f.Code),
		"message": p.text(&f.Message),
	})
	if f.Kind != "" && !slices.Contains(kinds, f.Kind) {
		hint := ""
		if near, ok := strictyaml.Nearest(f.Kind, kinds); ok {
			hint = "; did you mean " + near + "?"
		}
		p.fail(n.Errorf("there is no kind %q of dead letters%s", f.Kind, hint))
	}
	return f
}
