package pipeline

import (
	"bytes"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/sink"
	"github.com/loaderline/loaderline/stages"
)

// encoder makes output records: the event byte for byte, and the results.
type encoder struct {
	tails     stages.Shared[Document, tail]
	limit     atomic.Pointer[func() int] // of bytes that the output topic takes
	renderers sync.Pool                  // of *renderer
	merge     map[string]bool            // the names of the results, where they stand beside the event's own fields
	topic     string
}

// tail is what rows with the same keys have in common.
type tail struct {
	verdict
	fields []byte // each as `,"name":value`, and the closing brace
}

// unlimited is the limit until the topic's is known.
const unlimited = 64 << 20

func (c *compiler) encoder(merge map[string]bool) *encoder {
	e := &encoder{merge: merge, topic: c.layout.File.Output.Topic}
	e.limitTo(func(string) int { return unlimited })
	e.tails = stages.Share(c.plan, func(row stages.Row[Document]) tail {
		t := tail{verdict: c.judge(row)}
		if t.drop || t.failure != nil {
			return t
		}
		r, ok := e.renderers.Get().(*renderer)
		if !ok {
			r = &renderer{cursors: make([]cursor, len(c.nodes))}
		}
		defer e.renderers.Put(r)
		r.limit = (*e.limit.Load())()
		t.fields = r.render(row, c.nodes)
		if len(t.fields) > r.limit {
			t.failure = &loaderline.Failure{Kind: sink.KindTooLarge, Message: fmt.Sprintf(
				"what the stages found has more than the %d bytes that topic %s takes", r.limit, e.topic)}
			t.fields = nil
		}
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

// encode is the output of a row. It is called from several goroutines.
func (e *encoder) encode(row stages.Row[Document]) ([]loaderline.Record, error) {
	t := e.tails.Of(row)
	switch {
	case t.drop:
		return nil, nil
	case t.failure != nil:
		return nil, t.failure
	}
	out := loaderline.Record{Value: e.value(row.Event(), t.fields)}
	if t.degraded != "" {
		out.Headers = []kgo.RecordHeader{{Key: sink.HeaderDegraded, Value: []byte(t.degraded)}}
	}
	return []loaderline.Record{out}, nil
}

func (e *encoder) value(d Document, fields []byte) []byte {
	if e.merge == nil {
		value := make([]byte, 0, len(eventField)+len(d.value)+len(fields))
		value = append(value, eventField...)
		value = append(value, d.value...)
		return append(value, fields...)
	}
	value := make([]byte, 0, len(d.value)+len(fields))
	if d.taken {
		value = appendWithout(value, d.value, e.merge)
	} else {
		value = append(value, d.value[:d.end]...)
	}
	if lastByte(value) == '{' {
		fields = bytes.TrimPrefix(fields, []byte(","))
	}
	return append(value, fields...)
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
