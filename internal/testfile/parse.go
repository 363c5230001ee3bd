package testfile

import (
	"maps"
	"slices"
	"strings"

	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/strictyaml"
)

type node = strictyaml.Node

// parser gathers what is wrong on its way.
type parser struct {
	file     *File
	problems []error
}

func (p *parser) fail(err error) { p.problems = append(p.problems, err) }

// keys are the keys of a section, each with what reads its value.
type keys map[string]func(node)

// section reads a mapping with fixed keys, and returns the keys that it has.
func (p *parser) section(n node, what string, of keys) (has map[string]bool) {
	entries, err := n.Entries()
	if err != nil {
		p.fail(err)
		return nil
	}
	has = map[string]bool{}
	names := slices.Sorted(maps.Keys(of))
	for _, e := range entries {
		read, known := of[e.Name]
		if !known {
			text := "unknown key; " + what + " has " + strings.Join(names, ", ")
			if near, ok := strictyaml.Nearest(e.Name, names); ok {
				text, has[near] = `unknown key; did you mean "`+near+`"?`, true
			}
			p.fail(e.Key.Errorf("%s", text))
			continue
		}
		has[e.Name] = true
		read(e.Value)
	}
	return has
}

func (p *parser) text(into *string) func(node) {
	return func(n node) {
		text, err := n.Text()
		if err != nil {
			p.fail(err)
			return
		}
		*into = text
	}
}

func (p *parser) optional(into **string) func(node) {
	return func(n node) {
		*into = new(string)
		p.text(*into)(n)
	}
}

// list reads each element of a list.
func (p *parser) list(read func(node)) func(node) {
	return func(n node) {
		elements, err := n.List()
		if err != nil {
			p.fail(err)
			return
		}
		for _, e := range elements {
			read(e)
		}
	}
}

func (p *parser) root(n node) {
	var (
		common = map[string]Stub{}
		tests  []node
	)
	p.section(n, "a test file", keys{
		"env":   p.env,
		"stubs": func(n node) { common = p.stubs(n) },
		"tests": p.list(func(n node) { tests = append(tests, n) }),
	})
	if len(tests) == 0 && len(p.problems) == 0 {
		p.fail(n.Errorf("there is no test; write tests: and below it a list of tests, each with name, stubs, events and expect"))
	}
	lines := map[string]int{}
	for _, n := range tests {
		t := p.test(n)
		if line, twice := lines[t.Name]; twice && t.Name != "" {
			p.fail(n.Errorf("the test in line %d is called %q too; choose another name", line, t.Name))
		}
		lines[t.Name] = n.Line()
		stubs := maps.Clone(common)
		maps.Copy(stubs, t.Stubs)
		t.Stubs = stubs
		p.file.Tests = append(p.file.Tests, t)
	}
}

func (p *parser) env(n node) {
	entries, err := n.Entries()
	if err != nil {
		p.fail(err)
		return
	}
	for _, e := range entries {
		var value string
		p.text(&value)(e.Value)
		p.file.Env[e.Name] = value
	}
}

func (p *parser) test(n node) Test {
	t := Test{Line: n.Line()}
	before := len(p.problems)
	p.section(n, "a test", keys{
		"name":   p.text(&t.Name),
		"stubs":  func(n node) { t.Stubs = p.stubs(n) },
		"events": p.list(func(n node) { t.Events = append(t.Events, p.event(n)) }),
		"expect": p.list(func(n node) { t.Expect = append(t.Expect, p.expect(n)) }),
	})
	switch {
	case len(p.problems) > before: // One mistake, one error.
	case t.Name == "":
		p.fail(n.Errorf("the test has no name; write name: and what it is about"))
	case len(t.Events) == 0:
		p.fail(n.Errorf("the test has no events; write for example events: [{user_id: 7}]"))
	case len(t.Events) != len(t.Expect):
		p.fail(n.Errorf("the test has %s and expects %s; write one for each event, in their order", plural.Count(len(t.Events), "event"), plural.Count(len(t.Expect), "outcome")))
	}
	return t
}

// stubs reads what sources answer, by stage.
func (p *parser) stubs(n node) map[string]Stub {
	all := map[string]Stub{}
	entries, err := n.Entries()
	if err != nil {
		p.fail(err)
		return all
	}
	for _, e := range entries {
		s := Stub{Stage: e.Key}
		if e.Value.IsMapping() {
			p.section(e.Value, "a stub", keys{
				"rows":   p.rows(&s),
				"error":  func(n node) { s.Error = p.failure(n) },
				"outage": p.text(&s.Outage),
			})
		} else {
			p.rows(&s)(e.Value)
		}
		all[e.Name] = s
	}
	return all
}

func (p *parser) rows(s *Stub) func(node) {
	return p.list(func(n node) {
		if !n.IsMapping() {
			p.fail(n.Errorf("a row is a mapping of its columns, such as {id: 7, name: Ada}"))
			return
		}
		entries, err := n.Entries()
		if err != nil {
			p.fail(err)
			return
		}
		row := Row{Node: n}
		for _, e := range entries {
			row.Fields = append(row.Fields, Field{Name: e.Name, Node: e.Value, Value: p.json(e.Value)})
		}
		s.Rows = append(s.Rows, row)
	})
}

// failure reads a message, or a mapping with more.
func (p *parser) failure(n node) *Error {
	e := &Error{}
	if !n.IsMapping() {
		p.text(&e.Message)(n)
		return e
	}
	before := len(p.problems)
	p.section(n, "an error", keys{
		"message": p.text(&e.Message),
		"code":    p.text(&e.Code),
		"keys":    p.list(func(n node) { e.Keys = append(e.Keys, n) }),
	})
	if e.Message == "" && len(p.problems) == before {
		p.fail(n.Errorf("the error has no message"))
	}
	return e
}
