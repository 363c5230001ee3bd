package protobuf

import (
	"cmp"
	"slices"

	"github.com/loaderline/loaderline/internal/format"
)

// object is an object on the way into a message.
type object struct {
	layout    *layout
	within    special // anyMessage: the member @type is passed
	marks     int     // where its marks begin in the stack
	parts     int
	from      int // where the message begins in dst
	next      int // the field that is probably the next one
	last      int32
	unordered bool
}

// object reads an object.
func (e *encoding) object(l *layout, within special) *format.Error {
	start := e.start()
	if err := e.open('{', "an object"); err != nil {
		return err
	}
	o := object{layout: l, within: within, marks: len(e.marks), parts: len(e.parts), from: len(e.dst)}
	e.marks = pushZeros(e.marks, len(l.fields)+l.oneofs)
	for first := true; ; first = false {
		more, err := e.in.More('}', first)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if err := e.member(&o); err != nil {
			return err
		}
	}
	for _, i := range l.required {
		if e.marks[o.marks+int(i)] != isSet {
			return fail(start, "a required field is absent").InField(l.fields[i].name)
		}
	}
	if o.unordered {
		e.arrange(&o)
	}
	e.marks, e.parts = e.marks[:o.marks], e.parts[:o.parts]
	return nil
}

func (e *encoding) member(o *object) *format.Error {
	at := e.start()
	name, err := e.name()
	if err != nil {
		return err
	}
	i := o.find(name)
	if i < 0 {
		if o.within == anyMessage && string(name) == typeMember || e.options.IgnoreUnknown {
			return e.in.Skip(e.depth)
		}
		unknown := fail(at, "the message %s has no field of this name", o.layout.name)
		unknown.Shown = format.Show(name)
		return unknown
	}
	f := &o.layout.fields[i]
	set, err := e.mark(o, i, at)
	switch {
	case err != nil:
		return err.InField(f.name)
	case !set:
		return nil
	}
	from := len(e.dst)
	if err := e.field(f); err != nil {
		return err.InField(f.name)
	}
	if len(e.dst) > e.limit {
		return fail(at, "the message is more than %d bytes long", e.options.MaxBytes)
	}
	if len(e.dst) > from {
		e.parts = append(e.parts, part{int32(f.number), from, len(e.dst)})
		o.unordered = o.unordered || int32(f.number) < o.last
		o.last = int32(f.number)
	}
	return nil
}

// mark notes that a member of a field has come, and passes it if it is null and that is no value.
func (e *encoding) mark(o *object, i, at int) (set bool, err *format.Error) {
	f, m := &o.layout.fields[i], &e.marks[o.marks+i]
	if *m != unseen {
		return false, fail(at, "it is there twice")
	}
	if e.in.Kind() == 'n' && (f.shape != singular || !f.nullable()) {
		*m = isNull
		return false, e.in.Literal()
	}
	*m = isSet
	if f.oneof >= 0 {
		chosen := &e.marks[o.marks+len(o.layout.fields)+int(f.oneof)]
		if *chosen != unseen {
			return false, fail(at, "another member of its oneof is there too; only one of them may be")
		}
		*chosen = isSet
	}
	return true, nil
}

// find returns the index of the field that a member names, or -1. The members probably come in the order of the fields.
func (o *object) find(name []byte) int {
	if o.next < len(o.layout.fields) && o.layout.fields[o.next].name == string(name) {
		o.next++
		return o.next - 1
	}
	i, ok := o.layout.names[string(name)]
	if !ok {
		return -1
	}
	o.next = int(i) + 1
	return int(i)
}

// arrange puts the fields of a message into the order of their numbers.
func (e *encoding) arrange(o *object) {
	parts := e.parts[o.parts:]
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.number, b.number) })
	e.spare = append(e.spare[:0], e.dst[o.from:]...)
	dst := e.dst[:o.from]
	for _, p := range parts {
		dst = append(dst, e.spare[p.from-o.from:p.to-o.from]...)
	}
}
