package jsonenrich

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/codec"
	"github.com/loaderline/loaderline/internal/runscope"
	"github.com/loaderline/loaderline/sink"
	"github.com/loaderline/loaderline/stages"
)

// EncoderConfig configures an Encoder.
type EncoderConfig struct {
	Nodes []*Node
	// Judge says what the results of a row mean for its event. It is called once for the rows of a run with the same keys, and once more if
	// their outputs are encoded otherwise.
	Judge func(stages.Row[Document]) Verdict
	// Topic is the output topic, whose limit bounds an output.
	Topic string
	// Names are the names of the results if the output is one object: the members of the event, and the results in place of
	// members with the same names. If nil, the event is in a member of its own.
	Names map[string]bool
	// Reuse keeps encoded results; nil keeps none.
	Reuse *Reuse
	// Decoder decodes the events. The Encoder adds to it and to the nodes' Fragments what Output looks at.
	Decoder *Decoder
	// Output says what records hold. The zero value is one record with the event and all results.
	Output Output
	// Values encodes values that have a schema. nil: they are JSON.
	Values *codec.Encoder
}

// Verdict is what the results of the stages mean for an event.
type Verdict struct {
	// Drop leaves the event out of the output.
	Drop bool
	// Failure makes it a dead letter.
	Failure *loaderline.Failure
	// Degraded is the value of the header loaderline.degraded; empty for no header.
	Degraded string
}

// Encoder makes output records: the event byte for byte, and the results.
type Encoder struct {
	nodes []*Node
	judge func(stages.Row[Document]) Verdict
	topic string
	names map[string]bool
	reuse *Reuse
	// values is nil if values are JSON.
	values *codec.Encoder
	// program makes the records; nil if each event has one, with the event and all results.
	program *program
	inEvent []child // whose results are in the event
	spare   spareOutputs
	limit   atomic.Pointer[func() int] // the most bytes of a record that the topic accepts
}

// encoded is what the rows of a run with the same keys share: the verdict, and their results as bytes.
type encoded struct {
	Verdict

	// fields are the results, each as `,"name":value`, and the closing brace; or as a codec.Tail says.
	fields []byte
	tail   codec.Tail
	// owned says that fields does not change before the run is released. Until an output or Reuse holds a copy, fields is in
	// the renderer's scratch memory, which the next encoded overwrites.
	owned bool
}

// own replaces fields by an equal slice that does not change before the run is released.
func (e *encoded) own(fields []byte) { e.fields, e.owned = fields, true }

// unlimited is the limit until the topic's is known.
const unlimited = 64 << 20

// NewEncoder returns an Encoder for the nodes of a plan. All nodes must be nested already, and the Decoder and the nodes'
// Fragments must not be complete.
func NewEncoder(cfg EncoderConfig) *Encoder {
	e := &Encoder{
		nodes: cfg.Nodes, judge: cfg.Judge, topic: cfg.Topic, names: cfg.Names, reuse: cfg.Reuse, values: cfg.Values,
		program: cfg.Output.compile(cfg.Decoder), inEvent: cfg.Decoder.inEvent.nodes,
	}
	e.spare.encoded = cfg.Values != nil
	if cfg.Names == nil && len(e.inEvent) == 0 && (e.program == nil || e.program.value == nil) {
		cfg.Decoder.spliced = cfg.Values
	}
	e.LimitTo(func(string) int { return unlimited })
	return e
}

// LimitTo takes the function that returns the limit of a topic. A larger event becomes a dead letter, and its results are not
// encoded in full. It is safe for concurrent use.
func (e *Encoder) LimitTo(maxMessageBytes func(topic string) int) {
	limit := func() int { return maxMessageBytes(e.topic) }
	e.limit.Store(&limit)
}

// outputs returns the memory of a row's run. A run without a scope keeps none: its outputs share nothing.
func (e *Encoder) outputs(row stages.Row[Document]) *outputs {
	scope := runscope.Of(row.Context())
	if scope == nil {
		return e.spare.get(1, len(e.nodes))
	}
	if out, ok := scope.Value(e).(*outputs); ok {
		return out
	}
	out := e.spare.get(scope.Events(), len(e.nodes))
	scope.Add(e, out, func() { e.spare.put(out) })
	return out
}

// results returns the encoded results of a row. Rows of one group share them, unless they are encoded otherwise.
func (e *Encoder) results(row stages.Row[Document], d *Document, out *outputs) *encoded {
	group := row.Group()
	if group < 0 {
		return e.encodeResults(row, d, out)
	}
	made := out.shared(group)
	if *made == nil || (*made).tail != d.tail {
		*made = e.encodeResults(row, d, out)
	}
	return *made
}

// encodeResults encodes the results of a row.
func (e *Encoder) encodeResults(row stages.Row[Document], d *Document, out *outputs) *encoded {
	made := out.newEncoded()
	made.Verdict, made.tail = e.judge(row), d.tail
	if made.Drop || made.Failure != nil {
		return made
	}
	limit := (*e.limit.Load())()
	if e.values != nil {
		limit = unlimited // The topic bounds what becomes of the JSON.
	}
	var err error
	if e.program == nil {
		made.fields, err = e.encodeTail(out.renderer.render(row, e.nodes, limit), 0, d, limit)
		out.renderer.scratch = made.fields
	} else {
		limit = e.program.limit(limit)
		err = e.renderProgram(row, d, out, made, limit)
	}
	if err != nil {
		made.Failure, _ = errors.AsType[*loaderline.Failure](err)
		return made
	}
	if len(made.fields) > limit {
		made.Failure = &loaderline.Failure{Kind: sink.KindTooLarge, Message: fmt.Sprintf(
			"what the stages found has more than the %d bytes that topic %s takes", limit, e.topic)}
		return made
	}
	e.reuse.store(row, e.nodes, made)
	return made
}

const eventField = `{"event":`

// Encode returns the output of a row, valid until the next row of its run is encoded, and no longer than the scope of its run
// (see package runscope). Runs may be encoded concurrently, and the rows of one run one after another. Its error is a
// *loaderline.Failure.
func (e *Encoder) Encode(row stages.Row[Document]) ([]loaderline.Record, error) {
	d, out := row.Event(), e.outputs(row)
	if d.reused != nil {
		return e.encode(row, &d, out, &encoded{fields: d.reused, owned: true})
	}
	made := e.results(row, &d, out)
	switch {
	case made.Drop:
		return nil, nil
	case made.Failure != nil:
		return nil, made.Failure
	}
	return e.encode(row, &d, out, made)
}

// encode makes the records of an event from what its row shares with others.
func (e *Encoder) encode(row stages.Row[Document], d *Document, out *outputs, made *encoded) ([]loaderline.Record, error) {
	if e.program != nil {
		if !made.owned {
			made.own(append(out.small(len(made.fields)), made.fields...))
		}
		e.begin(row, d, out)
		out.evaluation.tail = made.fields
		return e.records(&out.evaluation, out, made.Degraded)
	}
	if len(e.inEvent) > 0 {
		e.begin(row, d, out)
	}
	value, whole, headers, err := e.whole(out, d, made.fields, "")
	if err != nil {
		return nil, err
	}
	switch {
	case made.owned:
	case whole:
		made.own(value[len(value)-len(made.fields):])
	default:
		made.own(append(out.alloc(len(made.fields)), made.fields...))
	}
	if made.Degraded != "" {
		headers = append(slices.Clip(headers), kgo.RecordHeader{Key: sink.HeaderDegraded, Value: []byte(made.Degraded)})
	}
	out.record[0] = loaderline.Record{Value: value, Headers: headers}
	return out.record[:], nil
}

// whole returns the value of an output for a topic with the event and all results, and the headers that name its schema. ends reports whether
// the value ends with fields. If results are in the event, the evaluation has begun with the row.
func (e *Encoder) whole(out *outputs, d *Document, fields []byte, topic string) (value []byte, ends bool, headers []kgo.RecordHeader, err error) {
	if d.tail != 0 {
		value, headers = e.values.AppendSpliced(out.bytes[:0], fields, topic, d.written)
		return out.keep(value), true, headers, nil
	}
	event, closing := d.value, int(d.closing)
	if len(e.inEvent) > 0 {
		event, closing = e.spliced(&out.evaluation)
	}
	value, ends = e.value(out, d, event, closing, fields)
	if e.values != nil {
		ends = false
		value, headers, err = e.encodeValue(out, d, value, topic)
	}
	return value, ends, headers, err
}

// encodeValue returns the bytes of a value that has a schema, in a block of out, and the headers that name the schema.
func (e *Encoder) encodeValue(out *outputs, d *Document, json []byte, topic string) ([]byte, []kgo.RecordHeader, error) {
	value, headers, err := e.values.AppendValue(out.bytes[:0], json, topic, d.written)
	return out.keep(value), headers, unfit(err)
}

// unfit returns the failure of a value that does not fit its schema; nil for nil.
func unfit(err error) error {
	if err == nil {
		return nil
	}
	return &loaderline.Failure{Kind: sink.KindEncode, Message: fmt.Sprintf("the value does not fit the schema of the output: %v", err)}
}

// begin begins to evaluate a row.
func (e *Encoder) begin(row stages.Row[Document], d *Document, out *outputs) {
	v := &out.evaluation
	v.program, v.inEvent, v.renderer = e.program, e.inEvent, &out.renderer
	v.begin(row, d, unlimited)
}

// spliced returns the event with the results that are in it, and the offset of its closing brace.
func (e *Encoder) spliced(v *evaluation) (event []byte, closing int) {
	event = v.eventJSON()
	return event, bytes.LastIndexByte(event, '}')
}

// value returns the output of an event and its fields, in a block of out. whole reports whether it ends with all of fields: an
// event that has no member of its own left needs no comma before them.
func (e *Encoder) value(out *outputs, d *Document, event []byte, closing int, fields []byte) (value []byte, whole bool) {
	switch {
	case e.names == nil:
		value = out.room(len(eventField) + len(event) + len(fields))
		value = append(append(value, eventField...), event...)
		return append(value, fields...), true
	case d.overlaps:
		value = appendWithout(out.room(len(event)+len(fields)), event, e.names)
	default:
		value = append(out.room(len(event)+len(fields)), event[:closing]...)
	}
	if lastByte(value) == '{' {
		return append(value, bytes.TrimPrefix(fields, []byte(","))...), false
	}
	return append(value, fields...), true
}
