package avro_test

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"
)

// typ is a random type, as the oracle sees it: nothing of the package under test is in it.
type typ struct {
	kind, logical    string
	name             string // full, of a named type
	size             int
	precision, scale int
	symbols          []string
	fields           []member
	item             *typ
	branches         []*typ
}

type member struct {
	name         string
	typ          *typ
	hasDefault   bool
	defaultValue any // as the specification writes defaults in JSON
}

// schemas draws types. Named types are used again, also within themselves.
type schemas struct {
	t       *rapid.T
	defined []*typ
	open    []*typ // records that are being made: only behind a union, list or map
	left    int    // types that may still be made
}

func drawSchema(t *rapid.T) *typ {
	s := &schemas{t: t, left: 24}
	if rapid.IntRange(0, 9).Draw(t, "root") == 0 {
		return s.any(false)
	}
	return s.record()
}

func (s *schemas) pick(label string, of ...string) string {
	return rapid.SampledFrom(of).Draw(s.t, label)
}

var simple = []string{
	"null", "boolean", "int", "long", "float", "double", "string", "bytes",
	"int.date", "int.time-millis", "long.time-micros", "long.timestamp-millis", "long.timestamp-micros", "long.timestamp-nanos",
	"long.local-timestamp-millis", "long.local-timestamp-micros", "long.local-timestamp-nanos", "string.uuid", "int.unknown", "long.date", "bytes.big-decimal",
}

func (s *schemas) any(indirect bool) *typ {
	s.left--
	kinds := []string{"simple", "simple", "simple", "decimal", "fixed", "enum", "union"}
	if len(s.defined) > 0 {
		kinds = append(kinds, "again")
	}
	if len(s.open) > 0 && indirect {
		kinds = append(kinds, "recursive")
	}
	if s.left > 0 {
		kinds = append(kinds, "array", "map", "record", "union")
	}
	switch s.pick("kind", kinds...) {
	case "decimal":
		return s.decimal()
	case "fixed":
		return s.fixed()
	case "enum":
		return s.enum()
	case "union":
		return s.union()
	case "array":
		return &typ{kind: "array", item: s.any(true)}
	case "map":
		return &typ{kind: "map", item: s.any(true)}
	case "record":
		return s.record()
	case "again":
		return rapid.SampledFrom(s.defined).Draw(s.t, "again")
	case "recursive":
		return &typ{kind: "union", branches: []*typ{{kind: "null"}, rapid.SampledFrom(s.open).Draw(s.t, "recursive")}}
	default:
		kind, logical, _ := strings.Cut(s.pick("simple", simple...), ".")
		return &typ{kind: kind, logical: logical}
	}
}

func (s *schemas) newName() string {
	name := fmt.Sprintf("T%d", len(s.defined)+len(s.open)+s.left*100)
	return s.pick("namespace", "", "shop.", "a.b_c.") + name
}

func (s *schemas) decimal() *typ {
	d := &typ{kind: "bytes", logical: "decimal", precision: rapid.IntRange(1, 45).Draw(s.t, "precision")}
	if rapid.Bool().Draw(s.t, "fixed") {
		d.kind, d.name = "fixed", s.newName()
		d.size = rapid.IntRange(1, 20).Draw(s.t, "size")
		// The largest number of digits that all fit.
		d.precision = min(d.precision, max(1, (8*d.size-1)*301/1000))
		s.defined = append(s.defined, d)
	}
	d.scale = rapid.IntRange(0, d.precision).Draw(s.t, "scale")
	return d
}

func (s *schemas) fixed() *typ {
	f := &typ{kind: "fixed", name: s.newName(), size: rapid.IntRange(0, 5).Draw(s.t, "size")}
	switch s.pick("logical", "", "uuid", "duration") {
	case "uuid":
		f.logical, f.size = "uuid", 16
	case "duration":
		f.logical, f.size = "duration", 12
	}
	s.defined = append(s.defined, f)
	return f
}

func (s *schemas) enum() *typ {
	e := &typ{kind: "enum", name: s.newName()}
	for i := range rapid.IntRange(1, 70).Draw(s.t, "symbols") {
		e.symbols = append(e.symbols, fmt.Sprintf("S%d", i))
	}
	s.defined = append(s.defined, e)
	return e
}

func (s *schemas) union() *typ {
	u := &typ{kind: "union"}
	taken := map[string]bool{}
	for range rapid.IntRange(1, 5).Draw(s.t, "branches") {
		branch := s.any(true)
		if branch.kind == "union" || taken[branch.branchName()] {
			continue
		}
		taken[branch.branchName()] = true
		u.branches = append(u.branches, branch)
	}
	if len(u.branches) == 0 {
		u.branches = []*typ{{kind: "null"}}
	}
	return u
}

// branchName is what the specification calls a type in a union.
func (x *typ) branchName() string {
	if x.name != "" {
		return x.name
	}
	return x.kind
}

var oddNames = []string{"a", "b", "user_id", "Name", "x-y", "qu\"ote", "back\\slash", "ü", "with space", "$", "tab\t"}

func (s *schemas) record() *typ {
	r := &typ{kind: "record", name: s.newName()}
	s.left--
	s.open = append(s.open, r)
	names := rapid.SliceOfNDistinct(rapid.SampledFrom(oddNames), 0, 10, rapid.ID).Draw(s.t, "names")
	if rapid.IntRange(0, 7).Draw(s.t, "wide") == 0 {
		for i := range 12 {
			names = append(names, fmt.Sprintf("f%d", i))
		}
	}
	for _, name := range names {
		m := member{name: name, typ: s.any(false)}
		m.hasDefault, m.defaultValue = s.defaultOf(m.typ)
		r.fields = append(r.fields, m)
	}
	s.open = s.open[:len(s.open)-1]
	s.defined = append(s.defined, r)
	return r
}

// defaultOf draws a default for types that have a simple one.
func (s *schemas) defaultOf(x *typ) (bool, any) {
	if rapid.Bool().Draw(s.t, "no default") {
		return false, nil
	}
	switch {
	case x.kind == "union":
		return s.defaultOf(x.branches[0])
	case x.kind == "null":
		return true, nil
	case x.kind == "boolean":
		return true, true
	case x.kind == "int" || x.kind == "long":
		return true, rapid.Int32().Draw(s.t, "default")
	case x.kind == "float" || x.kind == "double":
		return true, rapid.SampledFrom([]float64{0, 1.5, -2}).Draw(s.t, "default")
	case x.kind == "string" && x.logical == "":
		return true, rapid.String().Draw(s.t, "default")
	case x.kind == "bytes" && x.logical == "":
		return true, "\u0000\u00ff\u0041"
	case x.kind == "enum":
		return true, x.symbols[len(x.symbols)-1]
	case x.kind == "array":
		return true, []any{}
	case x.kind == "map":
		return true, map[string]any{}
	default:
		return false, nil
	}
}
