package codec

import (
	"math"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/format/avro"
	"github.com/loaderline/loaderline/internal/format/protobuf"
	"github.com/loaderline/loaderline/internal/outputschema"
)

// eventField is the member that has the whole event.
const eventField = "event"

// Tail is how the members that follow the event are encoded in an output that has the bytes of its event. Outputs with the same Tail have the
// same bytes for the same members. Zero says that an output is encoded as a whole.
type Tail uint16

// splice is how an output gets the bytes of its event as they are, with fields that nobody knows. The other fields follow.
type splice struct {
	others *output // encodes the other fields
	number int32   // of the event's field of a message
	tail   Tail
}

// newSplice returns how the event of a writer is in an output; nil if it is encoded anew.
func (o *output) newSplice(w outputschema.Writer, maxBytes int) *splice {
	s := o.schema
	switch {
	case s.avro != nil && w.Avro != nil:
		names := s.avro.Fields()
		event, is := s.avro.Field(eventField)
		if !is || names[0] != eventField || !event.Same(w.Avro) {
			return nil
		}
		others := make([]avro.FieldType, 0, len(names))
		for _, name := range names[1:] {
			of, _ := s.avro.Field(name)
			others = append(others, avro.FieldType{Name: name, Type: avro.Of(of)})
		}
		tail, err := avro.Build(avro.Record("loaderline_tail", "", others...))
		if err != nil {
			return nil
		}
		return &splice{others: newOutput(&OutputSchema{avro: tail}, maxBytes)}
	case s.message != nil && w.Protobuf != nil:
		event := s.message.Field(eventField)
		number, is := s.message.FieldNumber(eventField)
		if event == nil || !is || !protobuf.Same(event, w.Protobuf) {
			return nil
		}
		return &splice{others: o, number: number}
	default:
		return nil
	}
}

// sameTail reports whether the other fields of two outputs have the same bytes.
func (o *output) sameTail(other *output) bool {
	a, b := o.splice.others.schema, other.splice.others.schema
	if a.avro != nil && b.avro != nil {
		return a.avro.Same(b.avro)
	}
	return a.message != nil && b.message != nil && protobuf.Same(a.message, b.message)
}

// setTail sets the Tail of an output before others see it. e.mu is held.
func (e *Encoder) setTail(o *output) {
	if o.splice == nil {
		return
	}
	i := slices.IndexFunc(e.tails, o.sameTail)
	switch {
	case i >= 0:
	case len(e.tails) == math.MaxUint16:
		o.splice = nil // Nobody has as many schemas.
		return
	default:
		i = len(e.tails)
		e.tails = append(e.tails, o)
	}
	o.splice.tail = Tail(i + 1)
}

// Tail returns how the outputs of an event get its bytes. Prepare must have returned for v; it is zero otherwise.
func (e *Encoder) Tail(v *Value) Tail {
	if o := e.outputOf(v); o != nil && o.splice != nil {
		return o.splice.tail
	}
	return 0
}

// AppendTail appends the members that follow an event, given as a JSON object, as its Tail says, which must not be zero. Its errors are those
// of AppendValue.
func (e *Encoder) AppendTail(dst, others []byte, v *Value) ([]byte, error) {
	return e.outputOf(v).splice.others.appendBody(dst, others)
}

// AppendSpliced is AppendValue for an object with the whole event, which is copied from v, and the members in tail, which AppendTail has made
// for an event of the same Tail.
func (e *Encoder) AppendSpliced(dst, tail []byte, topic string, v *Value) ([]byte, []kgo.RecordHeader) {
	o := e.outputOf(v)
	wire := e.wireOf(o, topic)
	dst = append(dst, wire.prefix...)
	if o.avro != nil {
		dst = append(dst, v.Body...)
	} else {
		dst = protobuf.AppendField(dst, o.splice.number, v.Body)
	}
	return append(dst, tail...), wire.headers
}
