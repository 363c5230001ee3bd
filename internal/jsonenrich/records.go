package jsonenrich

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/sink"
	"github.com/loaderline/loaderline/stages"
)

// endBytes is the size of the end of a chunk, of which a tail has one for each chunk but the last.
const endBytes = 4

// limit returns the most bytes of the chunks of a row. Not all of them are in each record if the file says what records hold.
func (p *program) limit(ofTopic int) int {
	if p.value == nil && p.each == nil && len(p.routes) == 0 {
		return ofTopic
	}
	return unlimited
}

// renderProgram renders the chunks of a row, in memory that the next row overwrites.
func (e *Encoder) renderProgram(row stages.Row[Document], d *Document, out *outputs, made *encoded, limit int) (err error) {
	e.begin(row, d, out)
	out.renderer.limit = limit
	made.fields, err = e.renderChunks(&out.evaluation, out.renderer.scratch[:0])
	out.renderer.scratch = made.fields
	return err
}

// renderChunks appends the chunks of a row, with their ends before them.
func (e *Encoder) renderChunks(v *evaluation, dst []byte) ([]byte, error) {
	last := len(e.program.chunks) - 1
	dst = append(dst, make([]byte, endBytes*max(0, last))...)
	for i, c := range e.program.chunks {
		if c == nil {
			v.renderer.begin(v.row, v.renderer.limit)
			from := len(dst)
			dst = append(v.renderer.fields(dst, e.nodes), '}')
			var err error
			if dst, err = e.encodeTail(dst, from, &v.event, v.renderer.limit); err != nil {
				return dst, err
			}
		}
		for j := range c {
			raw, err := v.raw(&c[j])
			if err != nil {
				return dst, err
			}
			dst = append(dst, raw...)
		}
		if i < last {
			binary.LittleEndian.PutUint32(dst[i*endBytes:], uint32(len(dst)))
		}
	}
	return dst, nil
}

// chunk returns a chunk of a tail.
func (p *program) chunk(tail []byte, i int) []byte {
	last := len(p.chunks) - 1
	from, to := endBytes*last, len(tail)
	if i > 0 {
		from = int(binary.LittleEndian.Uint32(tail[(i-1)*endBytes:]))
	}
	if i < last {
		to = int(binary.LittleEndian.Uint32(tail[i*endBytes:]))
	}
	return tail[from:to]
}

// records returns the records of an event by the program.
func (e *Encoder) records(v *evaluation, out *outputs, degraded string) ([]loaderline.Record, error) {
	out.records, out.headers = out.records[:0], out.headers[:0]
	if e.program.each == nil {
		err := e.record(v, out, degraded)
		return out.records, err
	}
	if err := v.open(); err != nil {
		return nil, err
	}
	n := len(v.items.Values[0])
	out.left += n
	for v.item = range n {
		if err := e.record(v, out, degraded); err != nil {
			return nil, err
		}
	}
	return out.records, nil
}

// open finds the elements of the list that has a record for each.
func (v *evaluation) open() error {
	p := v.program
	for _, n := range p.stages {
		if v.event.reused != nil {
			break // Nothing has failed.
		}
		if state := n.state(v.row); state == stages.Failed || state == stages.Blocked {
			return &loaderline.Failure{Kind: sink.KindLookup, Message: p.each.place + ": the list was not loaded, because a lookup has failed"}
		}
	}
	list, err := v.raw(p.each)
	if err != nil {
		return err
	}
	v.list = list
	v.items.Reset()
	if bytes.Equal(list, null) {
		v.list = emptyList
	}
	if err := p.scanner.Scan(v.list, &v.items); err != nil {
		return p.each.failure(err)
	}
	if !v.items.Array {
		return p.each.failure(fmt.Errorf("the value is not a list but %s", kindOf(&v.items)))
	}
	return nil
}

// record adds a record of an event, unless a route drops it.
func (e *Encoder) record(v *evaluation, out *outputs, degraded string) error {
	topic, drop, err := e.program.route(v)
	if err != nil || drop {
		return err
	}
	r := loaderline.Record{Topic: topic}
	var named []kgo.RecordHeader
	if e.program.value == nil {
		r.Value, _, named, err = e.whole(out, &v.event, e.program.chunk(v.tail, 0), topic)
	} else if r.Value, err = v.join(out); err == nil && e.values != nil {
		r.Value, named, err = e.encodeValue(out, &v.event, r.Value, topic)
	}
	if err != nil {
		return err
	}
	if e.program.key != nil {
		if r.Key, err = v.text(out, e.program.key); err != nil {
			return err
		}
	}
	from := len(out.headers)
	out.headers = append(out.headers, named...)
	for i := range e.program.headers {
		h := &e.program.headers[i]
		value, err := v.text(out, &h.value)
		if err != nil {
			return err
		}
		if value != nil {
			out.headers = append(out.headers, kgo.RecordHeader{Key: h.name, Value: value})
		}
	}
	if degraded != "" {
		out.headers = append(out.headers, kgo.RecordHeader{Key: sink.HeaderDegraded, Value: []byte(degraded)})
	}
	r.Headers = out.headers[from:len(out.headers):len(out.headers)]
	out.records = append(out.records, r)
	return nil
}

// route returns the topic of a record, empty for the output topic.
func (p *program) route(v *evaluation) (topic string, drop bool, err error) {
	for i := range p.routes {
		holds, err := v.raw(&p.routes[i].when)
		if err != nil {
			return "", false, err
		}
		if bytes.Equal(holds, truth) {
			return p.routes[i].topic, p.routes[i].topic == "", nil
		}
	}
	return "", false, nil
}

// join makes the value of a record in a block of out.
func (v *evaluation) join(out *outputs) ([]byte, error) {
	v.pieces = v.pieces[:0]
	n := 0
	for i := range v.program.value {
		piece, err := v.raw(&v.program.value[i])
		if err != nil {
			return nil, err
		}
		v.pieces = append(v.pieces, piece)
		n += len(piece)
	}
	value := out.room(n)
	for _, piece := range v.pieces {
		value = append(value, piece...)
	}
	return value, nil
}

// text returns a value as it is in keys and headers, in a block of out: a text without quotes, any other value as JSON, and nil
// for null.
func (v *evaluation) text(out *outputs, s *slot) ([]byte, error) {
	raw, err := v.raw(s)
	if err != nil || bytes.Equal(raw, null) {
		return nil, err
	}
	if raw[0] != '"' {
		return append(out.small(len(raw)), raw...), nil
	}
	text, err := jsontext.AppendUnquote(out.small(len(raw)), raw)
	if err != nil {
		return nil, s.failure(err)
	}
	return text, nil
}
