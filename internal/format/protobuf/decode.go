package protobuf

import (
	"math"
	"sync"

	"github.com/loaderline/loaderline/internal/format"
)

// maxDepth is how many messages may be within each other, in schemas and in bodies. The readers of C++ and Java stop there too.
const maxDepth = 100

// Decoder turns messages of one type into JSON text. It is safe for concurrent use.
type Decoder struct {
	schema  *Schema
	layout  *layout
	options format.Options
	spare   sync.Pool // of *decoding
}

// Decoder returns a decoder of messages of this type.
func (m *Message) Decoder(options format.Options) *Decoder {
	return &Decoder{schema: m.schema, layout: m.layout, options: options}
}

// AppendJSON appends the JSON text of a message to dst. After an error, a *format.Error, it returns dst as it was.
func (d *Decoder) AppendJSON(dst, body []byte) ([]byte, error) {
	if len(body) > math.MaxInt32 {
		return dst, fail(0, "the message has %d bytes; the limit of Protobuf is 2 GiB", len(body))
	}
	run, ok := d.spare.Get().(*decoding)
	if !ok {
		run = &decoding{layouts: d.schema.layouts, options: d.options}
	}
	run.body, run.dst, run.limit = body, dst, len(dst)+d.options.Limit()
	err := run.root(d.layout)
	out := run.dst
	run.release()
	d.spare.Put(run)
	if err != nil {
		return dst, err
	}
	return out, nil
}

// decoding is one run of a decoder. It reads a message in two steps: scan notes where the values of each field stand, and
// render writes them in the order of the fields. All that it notes is on stacks, which nested messages push to and pop from.
type decoding struct {
	layouts map[string]*layout
	options format.Options
	body    []byte
	dst     []byte
	limit   int // len(dst) may not exceed it
	depth   int

	slots   []slot       // of a message: one for each field, then one for each oneof
	found   []occurrence // values of fields
	entries []entry      // of maps
	order   []int32      // of entries by key
}

// slot is a field's list of occurrences, by their index in found plus 1. The slot of a oneof has its member in first, as an index plus 1.
type slot struct{ first, last int32 }

// occurrence is one value of a field. value is the varint, the fixed bits, or the span of what has a length.
type occurrence struct {
	value  uint64
	next   int32
	packed bool
}

func span(from, to int) uint64 { return uint64(from)<<32 | uint64(to) }

func bounds(span uint64) (from, to int) { return int(span >> 32), int(uint32(span)) }

func (d *decoding) bytes(span uint64) []byte { return d.body[span>>32 : uint32(span)] }

// keptScratch is how many elements of a stack one run leaves to the next.
const keptScratch = 1 << 14

func (d *decoding) release() {
	d.body, d.dst, d.depth = nil, nil, 0
	d.slots, d.found, d.entries, d.order = kept(d.slots), kept(d.found), kept(d.entries), kept(d.order)
}

func kept[T any](stack []T) []T {
	if cap(stack) > keptScratch {
		return nil
	}
	return stack[:0]
}

// frame is where the notes of a message begin.
type frame struct{ slots, found int }

func (d *decoding) enter(l *layout) frame {
	f := frame{slots: len(d.slots), found: len(d.found)}
	d.depth++
	d.slots = pushZeros(d.slots, len(l.fields)+l.oneofs)
	return f
}

func pushZeros[T any](stack []T, n int) []T {
	from := len(stack)
	if from+n > cap(stack) {
		stack = append(stack, make([]T, n)...)
		return stack
	}
	stack = stack[:from+n]
	clear(stack[from:])
	return stack
}

func (d *decoding) leave(f frame) {
	d.depth--
	d.slots, d.found = d.slots[:f.slots], d.found[:f.found]
}

func (d *decoding) root(l *layout) *format.Error {
	f := d.enter(l)
	if err := d.scan(l, f.slots, 0, len(d.body)); err != nil {
		return err
	}
	if err := d.render(l, f.slots, len(d.body)); err != nil {
		return err
	}
	if len(d.dst) > d.limit {
		return d.tooLong(len(d.body))
	}
	return nil
}

// message writes a message that stands in the occurrences from first to last: readers merge them, as if they were one.
// Without any it is empty.
func (d *decoding) message(l *layout, first, last int32) *format.Error {
	at := 0
	if first != 0 {
		at, _ = bounds(d.found[first-1].value)
	}
	if d.depth >= maxDepth {
		return fail(at, "messages are nested more than %d levels deep", maxDepth)
	}
	f := d.enter(l)
	for i := first; i != 0; {
		o := d.found[i-1]
		from, to := bounds(o.value)
		if err := d.scan(l, f.slots, from, to); err != nil {
			return err
		}
		if i == last {
			break
		}
		i = o.next
	}
	if err := d.render(l, f.slots, at); err != nil {
		return err
	}
	d.leave(f)
	return nil
}

func (d *decoding) tooLong(at int) *format.Error {
	err := fail(at, "the message is more than %d bytes as JSON", d.options.Limit())
	err.TooLong = true
	return err
}
