package codec

import (
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/format/avro"
	"github.com/loaderline/loaderline/internal/format/protobuf"
	"github.com/loaderline/loaderline/internal/outputschema"
)

// eventField is the member that has the whole event.
const eventField = "event"

// splice is how an output gets the bytes of its event as they are, with fields that nobody knows. The other fields follow.
type splice struct {
	avro   *avro.Encoder // of a record with the other fields
	number int32         // of the event's field of a message
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
		return &splice{avro: tail.Encoder(avro.EncodeOptions{TextOfAny: true, MaxBytes: maxBytes})}
	case s.message != nil && w.Protobuf != nil:
		event := s.message.Field(eventField)
		number, is := s.message.FieldNumber(eventField)
		if event == nil || !is || !protobuf.Same(event, w.Protobuf) {
			return nil
		}
		return &splice{number: number}
	default:
		return nil
	}
}

// Splices reports whether AppendSpliced takes outputs of an event.
func (e *Encoder) Splices(v *Value) bool {
	if v == nil {
		return false
	}
	o := (*e.known.Load())[e.writer(v.Writer())]
	return o != nil && o.splice != nil
}

// AppendSpliced is AppendValue for an object with the whole event, which is copied from v, and the members of others, a JSON object. Splices
// must have reported true for v.
func (e *Encoder) AppendSpliced(dst, others []byte, topic string, v *Value) ([]byte, []kgo.RecordHeader, error) {
	o := (*e.known.Load())[e.writer(v.Writer())]
	wire := e.wireOf(o, topic)
	out := append(dst, wire.prefix...) //nolint:gocritic // It is dst again if there is an error.
	var err error
	if o.avro != nil {
		out, err = o.splice.avro.AppendAvro(append(out, v.Body...), others)
	} else {
		out, err = o.proto.AppendProto(protobuf.AppendField(out, o.splice.number, v.Body), others)
	}
	if err != nil {
		return dst, nil, unfit(err)
	}
	return out, wire.headers, nil
}
