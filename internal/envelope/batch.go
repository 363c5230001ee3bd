package envelope

import (
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/recordtime"
	"github.com/loaderline/loaderline/sink"
)

// Batch makes the records of one micro-batch with a handful of allocations. Only one goroutine may use it. Its records
// stay valid after it.
type Batch struct {
	envelope *Envelope
	arena    arena

	topic string // Of limit.
	limit int
}

// Batch returns a Batch with room for records; it grows beyond that. A new one
// is made for each micro-batch.
func (e *Envelope) Batch(records int) *Batch {
	b, ok := e.spare.Get().(*Batch)
	if !ok {
		b = &Batch{envelope: e}
	}
	b.limit = 0
	b.arena.open(records, e.cfg.Replay, e.cfg.Source)
	return b
}

// Release frees the memory of all records of the Batch for other Batches of its Sink. Call it at most once, when none
// of the records is in use any more.
func (b *Batch) Release() {
	b.arena.close()
	b.envelope.spare.Put(b)
}

// Enriched makes the record for src from out. An empty Topic stands for the Sink's topic, a nil Key and a zero
// Timestamp for those of src; with OwnKeys a nil Key is none. Its Headers come after the headers of src, but for those that DropHeader names.
// Of loaderline's own headers in src, only those of a redriven record stay: its origin, and how often it was redriven. A negative Partition
// means a choice by key.
//
// A record that is too large for its topic is a sink.Failure, and so is a record with a timestamp that the client
// cannot hold.
func (b *Batch) Enriched(src *kgo.Record, out kgo.Record) (*kgo.Record, *sink.Failure) {
	r := b.arena.record()
	*r = kgo.Record{Topic: out.Topic, Key: out.Key, Value: out.Value, Timestamp: out.Timestamp, Partition: -1}
	if r.Topic == "" {
		r.Topic = b.envelope.cfg.Topic
	}
	if r.Key == nil && !b.envelope.cfg.OwnKeys {
		r.Key = src.Key
	}
	if r.Timestamp.IsZero() {
		r.Timestamp = src.Timestamp
	}
	if !r.Timestamp.IsZero() && !recordtime.Fits(r.Timestamp) {
		return nil, b.failure(sink.KindEncode,
			"the record's timestamp is %d ms since 1970, which cannot be published: timestamps are milliseconds up to the year 2262; was it written in micro- or nanoseconds?",
			r.Timestamp.UnixMilli())
	}
	if b.envelope.cfg.Partition == sink.BySource {
		r.Partition = src.Partition
	}
	headers := b.arena.take(len(src.Headers) + len(out.Headers) + b.arena.sourceHeaders(b.envelope.cfg.Source))
	headers = appendOthers(headers, src.Headers, sink.Prefix)
	if drop := b.envelope.cfg.DropHeader; drop != nil {
		headers = slices.DeleteFunc(headers, func(h kgo.RecordHeader) bool { return drop(h.Key) })
	}
	if len(headers) < len(src.Headers) { // Some may be loaderline's own.
		headers = appendOrigin(headers, src.Headers)
		if n := redrives(src.Headers); n > 0 {
			headers = append(headers, kgo.RecordHeader{Key: sink.HeaderRedrives, Value: b.arena.number(n)})
		}
	}
	headers = appendOthers(headers, out.Headers, sourcePrefix, originPrefix, sink.HeaderRedrives)
	r.Headers = b.arena.source(headers, src, b.envelope.cfg.Source)
	b.arena.done(r.Headers)

	if size, limit := WireSize(r), b.limitOf(r.Topic); size > limit {
		return nil, b.failure(sink.KindTooLarge, "the record has %d bytes, more than the %d that topic %s takes", size, limit, r.Topic)
	}
	return r, nil
}

func (b *Batch) failure(kind sink.Kind, format string, args ...any) *sink.Failure {
	now := b.envelope.cfg.Now()
	return &sink.Failure{Kind: kind, Message: fmt.Sprintf(format, args...), FirstAt: now, LastAt: now}
}

func (b *Batch) limitOf(topic string) int {
	if b.limit == 0 || b.topic != topic {
		b.topic, b.limit = topic, b.envelope.cfg.MaxMessageBytes(topic)
	}
	return b.limit
}
