package pipeline

import (
	"bytes"
	"fmt"
	"sync/atomic"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/sink"
	"github.com/loaderline/loaderline/stages"
)

// encoder makes output records: the event byte for byte, and the results.
type encoder struct {
	tails   stages.Shared[Document, *tail]
	outputs stages.Scratch[Document, *outputs]
	spare   spareOutputs
	limit   atomic.Pointer[func() int] // of bytes that the output topic takes
	merge   map[string]bool            // the names of the results, where they stand beside the event's own fields
	reuse   *reuse                     // nil: nothing is kept
	topic   string
}

// tail is what rows with the same keys have in common.
type tail struct {
	verdict
	fields []byte // each as `,"name":value`, and the closing brace
	kept   bool   // fields is the end of an output, and not the renderer's
}

// unlimited is the limit until the topic's is known.
const unlimited = 64 << 20

func (c *compiler) encoder(merge map[string]bool) *encoder {
	e := &encoder{merge: merge, topic: c.layout.File.Output.Topic, reuse: c.documents.reuse}
	e.limitTo(func(string) int { return unlimited })
	e.outputs = stages.NewScratch(c.plan, func(events int) *outputs { return e.spare.outputs(events, len(c.nodes)) }, e.spare.put)
	e.tails = stages.Share(c.plan, func(row stages.Row[Document]) *tail {
		out := e.outputs.Of(row)
		t := out.tail()
		t.verdict = c.judge(row)
		if t.drop || t.failure != nil {
			return t
		}
		limit := (*e.limit.Load())()
		fields := out.renderer.render(row, c.nodes, limit)
		if len(fields) > limit {
			t.failure = &loaderline.Failure{Kind: sink.KindTooLarge, Message: fmt.Sprintf(
				"what the stages found has more than the %d bytes that topic %s takes", limit, e.topic)}
			return t
		}
		t.fields = fields
		e.reuse.keep(row, t)
		return t
	})
	return e
}

// limitTo takes what tells a topic's limit. What would be larger is a dead letter, and not made in full.
func (e *encoder) limitTo(maxMessageBytes func(topic string) int) {
	limit := func() int { return maxMessageBytes(e.topic) }
	e.limit.Store(&limit)
}

const eventField = `{"event":`

// encode is the output of a row, valid until that of the next row of its run. It is called from several goroutines, of
// which each has a run of its own.
func (e *encoder) encode(row stages.Row[Document]) ([]loaderline.Record, error) {
	d := row.Event()
	t := &tail{fields: d.known, kept: true}
	if d.known == nil {
		t = e.tails.Of(row)
	}
	switch {
	case t.drop:
		return nil, nil
	case t.failure != nil:
		return nil, t.failure
	}
	out := e.outputs.Of(row)
	value := e.value(out, d, t)
	out.record[0] = loaderline.Record{Value: value}
	if t.degraded != "" {
		out.record[0].Headers = []kgo.RecordHeader{{Key: sink.HeaderDegraded, Value: []byte(t.degraded)}}
	}
	return out.record[:], nil
}

func (e *encoder) value(out *outputs, d Document, t *tail) []byte {
	var value []byte
	switch {
	case e.merge == nil:
		value = out.take(len(eventField) + len(d.value) + len(t.fields))
		value = append(append(value, eventField...), d.value...)
	case d.taken:
		value = appendWithout(out.take(len(d.value)+len(t.fields)), d.value, e.merge)
	default:
		value = append(out.take(len(d.value)+len(t.fields)), d.value[:d.end]...)
	}
	if e.merge != nil && lastByte(value) == '{' { // the comma goes, which other rows need
		t.keep(append(out.take(len(t.fields)), t.fields...))
		return append(value, bytes.TrimPrefix(t.fields, []byte(","))...)
	}
	value = append(value, t.fields...)
	t.keep(value)
	return value
}

// keep takes the fields from an output that ends with them.
func (t *tail) keep(output []byte) {
	if !t.kept {
		t.fields, t.kept = output[len(output)-len(t.fields):], true
	}
}

// appendWithout appends an object without some of its members, up to its closing brace. The others, and what stands
// between them, stay byte for byte.
func appendWithout(dst, object []byte, names map[string]bool) []byte {
	d := jsontext.NewDecoder(bytes.NewBuffer(object))
	if _, err := d.ReadToken(); err != nil {
		return append(dst, '{')
	}
	dst = append(dst, '{')
	var (
		opening = d.InputOffset()
		before  = opening // where the last member ended
		first   = true
	)
	for d.PeekKind() == '"' {
		quoted, err := d.ReadValue()
		if err != nil {
			return dst
		}
		start := d.InputOffset() - int64(len(quoted))
		name, err := jsontext.AppendUnquote(nil, quoted)
		if err != nil {
			return dst
		}
		if _, err := d.ReadValue(); err != nil {
			return dst
		}
		end := d.InputOffset()
		switch {
		case names[string(name)]:
		case first && before > opening: // what stood before it belongs to a member that went
			dst = append(dst, object[start:end]...)
			first = false
		default:
			dst = append(dst, object[before:end]...)
			first = false
		}
		before = end
	}
	return dst
}
