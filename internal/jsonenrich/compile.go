package jsonenrich

import (
	"context"
	"slices"

	"github.com/loaderline/loaderline/internal/expression"
	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/lookupkey"
)

// template adds a template to the value.
func (c *compiler) template(t *Template) {
	switch {
	case t.Term != nil:
		c.add(c.slot(*t.Term))
	case t.Items != nil:
		for i, item := range t.Items {
			c.write(separator(i, '['))
			c.template(item)
		}
		if len(t.Items) == 0 {
			c.write("[")
		}
		c.write("]")
	default:
		for i, f := range t.Fields {
			c.write(separator(i, '{'))
			c.literal = append(lookupkey.AppendString(c.literal, f.Name), ':')
			c.template(f.Value)
		}
		if len(t.Fields) == 0 {
			c.write("{")
		}
		c.write("}")
	}
}

func separator(i int, opening byte) string {
	if i > 0 {
		return ","
	}
	return string(opening)
}

func (c *compiler) write(text string) { c.literal = append(c.literal, text...) }

// add adds a slot to the value. Shared slots that follow each other are one chunk, with the literals between them.
func (c *compiler) add(s slot) {
	if s.kind == literalSlot {
		c.literal = append(c.literal, s.literal...)
		return
	}
	if !s.shared() {
		c.flush()
		c.value = append(c.value, s)
		return
	}
	last := len(c.value) - 1
	if last < 0 || c.value[last].kind != chunkSlot {
		c.value = append(c.value, slot{kind: chunkSlot, number: len(c.chunks)})
		c.chunks = append(c.chunks, nil)
		last++
	}
	into := &c.chunks[c.value[last].number]
	if len(c.literal) > 0 {
		*into = append(*into, slot{kind: literalSlot, literal: c.literal})
		c.literal = nil
	}
	*into = append(*into, s)
}

// flush adds the literal to the value.
func (c *compiler) flush() {
	if len(c.literal) > 0 {
		c.value = append(c.value, slot{kind: literalSlot, literal: c.literal})
		c.literal = nil
	}
}

// term compiles a term that is not in the value. If it is shared, it has a chunk.
func (c *compiler) term(t Term) slot {
	s := c.slot(t)
	if s.kind == literalSlot || !s.shared() {
		return s
	}
	c.chunks = append(c.chunks, chunk{s})
	return slot{place: s.place, kind: chunkSlot, number: len(c.chunks) - 1}
}

// slot compiles a term.
func (c *compiler) slot(t Term) slot {
	if t.Expr != nil {
		return c.expression(t)
	}
	list := len(t.Path.Each().Steps) > 0
	switch {
	case t.In != nil && len(t.Path.Steps) == 0:
		return slot{place: t.Place, kind: resultSlot, node: t.In}
	case t.In != nil && (list || t.In.List || crosses(t.In.Fragments.nested.places, t.Path)):
		return scan(t, slot{place: t.Place, kind: resultSlot, node: t.In})
	case t.In != nil:
		return slot{place: t.Place, kind: foundSlot, field: Field{In: t.In, Ref: t.In.Fragments.AddField(t.Path), Path: t.Path}}
	case t.Path.Root == ItemRoot:
		return c.item(t, list)
	case len(t.Path.Steps) == 0:
		return slot{place: t.Place, kind: eventSlot}
	case list || crosses(c.decoder.inEvent.places, t.Path):
		return scan(t, slot{place: t.Place, kind: eventSlot})
	default:
		return slot{place: t.Place, kind: fieldSlot, field: Field{Ref: c.decoder.AddField(t.Path), Path: t.Path}}
	}
}

// crosses reports whether a path leads to or through a place of a result.
func crosses(places []place, path jsondoc.Path) bool {
	return slices.ContainsFunc(places, func(p place) bool { return p.into.HasPrefix(path) || path.HasPrefix(p.into) })
}

// item compiles a path into the element of a list.
func (c *compiler) item(t Term, list bool) slot {
	if list {
		return scan(t, slot{place: t.Place, kind: itemSlot})
	}
	path := jsondoc.Path{Root: ItemRoot, Steps: append([]jsondoc.Step{{Each: true}}, t.Path.Steps...)}
	return slot{place: t.Place, kind: itemSlot, number: number(&c.items, path), field: Field{Path: t.Path}}
}

// scan compiles a path in another slot.
func scan(t Term, inner slot) slot {
	return slot{
		place: t.Place, kind: scanSlot, inner: &inner, list: len(t.Path.Each().Steps) > 0, field: Field{Path: t.Path},
		scanner: jsondoc.NewScanner([]jsondoc.Path{t.Path}, nil),
	}
}

// split makes slots of the parts of an expression that are shared.
func (c *compiler) split(s *slot, t Term) {
	paths := t.Expr.Paths()
	at := func(path jsondoc.Path) int {
		return slices.IndexFunc(paths, func(p jsondoc.Path) bool { return p.String() == path.String() })
	}
	whole, parts := t.Expr.Split(func(path jsondoc.Path) bool {
		i := at(path)
		return i >= 0 && s.operands[i].shared()
	})
	if len(parts) == 0 {
		return
	}
	all := map[string]slot{}
	for i, p := range parts {
		part := slot{place: t.Place, kind: exprSlot, expr: p}
		for _, path := range p.Paths() {
			part.operands = append(part.operands, s.operands[at(path)])
		}
		all[expression.Part(i)] = part
	}
	var operands []slot
	for _, path := range whole.Paths() {
		if part, ok := all[path.Root]; ok {
			operands = append(operands, part)
		} else {
			operands = append(operands, s.operands[at(path)])
		}
	}
	s.expr, s.operands = whole, operands
}

// expression compiles an expression. One that is over shared and other values gets the shared ones from chunks.
func (c *compiler) expression(t Term) slot {
	s := slot{place: t.Place, kind: exprSlot, expr: t.Expr}
	for _, o := range t.Operands {
		s.operands = append(s.operands, c.slot(o))
	}
	if !s.shared() {
		c.split(&s, t)
	}
	if len(s.operands) == 0 {
		if result, err := t.Expr.Eval(context.Background(), nil); err == nil {
			if json, err := expression.AppendJSON(nil, result); err == nil {
				return slot{place: t.Place, kind: literalSlot, literal: json}
			}
		}
	}
	if s.shared() || !slices.ContainsFunc(s.operands, func(o slot) bool { return o.shared() }) {
		return s
	}
	for i, o := range s.operands {
		if o.shared() && o.kind != literalSlot {
			c.chunks = append(c.chunks, chunk{o})
			s.operands[i] = slot{place: o.place, kind: chunkSlot, number: len(c.chunks) - 1}
		}
	}
	return s
}
