package jsonenrich

import (
	"github.com/loaderline/loaderline/internal/expression"
	"github.com/loaderline/loaderline/internal/jsondoc"
)

// slot is a compiled Term.
type slot struct {
	place string // of the term, for errors
	kind  slotKind

	literal  []byte
	field    Field            // of a result, the event or its record
	node     *Node            // of a whole result
	number   int              // of a chunk, or the scanner's of a field of an item
	scanner  *jsondoc.Scanner // of a path in inner
	list     bool             // the path has []
	expr     *expression.Expression
	inner    *slot
	operands []slot
}

type slotKind uint8

const (
	literalSlot slotKind = iota
	eventSlot            // the whole event
	fieldSlot            // a field of the event or its record
	itemSlot             // the element of a list, or a field of it
	chunkSlot            // what rows with the same keys share
	foundSlot            // a field of a result
	resultSlot           // the whole result of a stage
	scanSlot             // what a path leads to in another slot
	exprSlot
)

// shared reports whether rows with the same keys have the same value.
func (s *slot) shared() bool {
	switch s.kind {
	case literalSlot, foundSlot, resultSlot:
		return true
	case scanSlot:
		return s.inner.shared()
	case exprSlot:
		for i := range s.operands {
			if !s.operands[i].shared() {
				return false
			}
		}
		return true
	default:
		return false
	}
}

// chunk is a part of the output that rows with the same keys share: literals and shared slots, one behind the other. Nil is
// all results in the shape of the encoder.
type chunk []slot

// program is a compiled Output.
type program struct {
	chunks  []chunk
	value   []slot // one behind the other; nil for the shape of the encoder
	key     *slot
	headers []programHeader
	each    *slot
	stages  []*Node // whose results each looks at
	routes  []programRoute
	items   []jsondoc.Path   // what is looked for in the list of each
	scanner *jsondoc.Scanner // of items
}

type programHeader struct {
	name  string
	value slot
}

type programRoute struct {
	when  slot
	topic string
}

// compiler compiles an Output.
type compiler struct {
	program
	decoder *Decoder
	literal []byte // what comes before the next slot of the value
}

// compile compiles an output. It adds the fields that the output looks at, so the decoder and the nodes' Fragments must not
// be complete yet.
func (o *Output) compile(d *Decoder) *program {
	if o.none() {
		return nil
	}
	c := &compiler{decoder: d}
	if o.Each != nil {
		c.items = []jsondoc.Path{{Root: ItemRoot, Steps: []jsondoc.Step{{Each: true}}}}
	}
	if o.Value == nil {
		c.chunks = []chunk{nil}
	} else {
		c.template(o.Value)
		c.flush()
	}
	if o.Key != nil {
		key := c.term(*o.Key)
		c.key = &key
	}
	for _, h := range o.Headers {
		c.headers = append(c.headers, programHeader{h.Name, c.term(h.Value)})
	}
	if o.Each != nil {
		each := c.term(*o.Each)
		c.each = &each
		for _, t := range append(o.Each.Operands, *o.Each) {
			if t.In != nil {
				c.stages = append(c.stages, t.In)
			}
		}
	}
	for _, r := range o.Routes {
		c.routes = append(c.routes, programRoute{c.term(r.When), r.Topic})
	}
	if o.Each != nil {
		c.scanner = jsondoc.NewScanner(c.items, nil)
	}
	return &c.program
}
