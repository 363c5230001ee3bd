package sink

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/recordtime"
)

const (
	sourcePrefix = Prefix + "source."
	originPrefix = Prefix + "origin."
)

// Batch makes the records of one micro-batch with a handful of allocations.
// It is for one goroutine; what it made stays valid after it.
type Batch struct {
	sink  *Sink
	arena arena

	topic string // Of limit.
	limit int
}

// Batch returns a Batch with room for records; it grows beyond that. A new one
// is made for each micro-batch.
func (s *Sink) Batch(records int) *Batch {
	b, ok := s.spare.Get().(*Batch)
	if !ok {
		b = &Batch{sink: s}
	}
	b.limit = 0
	b.arena.open(records, s.cfg.Replay)
	return b
}

// Release gives the memory of all records of the Batch back, for other Batches of
// its Sink. Call it when nobody uses one of them any more, once, or not at all.
func (b *Batch) Release() {
	b.arena.close()
	b.sink.spare.Put(b)
}

// Enriched makes the record for src from out, in which an empty Topic is the
// Sink's, a nil Key and a zero Timestamp are those of src, and Headers come
// after those of src. Of loaderline's own headers in src, those of a redriven
// record stay: its origin, and how often it was redriven. Its Partition is negative for a choice by key.
//
// A record that is larger than its topic takes is a Failure, and so is one with
// a timestamp that the client cannot hold.
func (b *Batch) Enriched(src *kgo.Record, out kgo.Record) (*kgo.Record, *Failure) {
	r := b.arena.record()
	*r = kgo.Record{Topic: out.Topic, Key: out.Key, Value: out.Value, Timestamp: out.Timestamp, Partition: -1}
	if r.Topic == "" {
		r.Topic = b.sink.cfg.Topic
	}
	if r.Key == nil {
		r.Key = src.Key
	}
	if r.Timestamp.IsZero() {
		r.Timestamp = src.Timestamp
	}
	if !r.Timestamp.IsZero() && !recordtime.Fits(r.Timestamp) {
		return nil, b.failure(KindEncode,
			"the record's timestamp is %d ms since 1970, which cannot be published: timestamps are milliseconds up to the year 2262; was it written in micro- or nanoseconds?",
			r.Timestamp.UnixMilli())
	}
	if b.sink.cfg.Partition == BySource {
		r.Partition = src.Partition
	}
	headers := b.arena.take(len(src.Headers) + len(out.Headers) + b.arena.sourceHeaders)
	headers = appendOthers(headers, src.Headers, Prefix)
	if len(headers) < len(src.Headers) { // Some were loaderline's own.
		headers = appendOrigin(headers, src.Headers)
		if n := redrives(src.Headers); n > 0 {
			headers = append(headers, kgo.RecordHeader{Key: HeaderRedrives, Value: b.arena.number(n)})
		}
	}
	headers = appendOthers(headers, out.Headers, sourcePrefix, originPrefix, HeaderRedrives)
	r.Headers = b.arena.source(headers, src)
	b.arena.done(r.Headers)

	if size, limit := WireSize(r), b.limitOf(r.Topic); size > limit {
		return nil, b.failure(KindTooLarge, "the record has %d bytes, more than the %d that topic %s takes", size, limit, r.Topic)
	}
	return r, nil
}

func (b *Batch) failure(kind Kind, format string, args ...any) *Failure {
	now := b.sink.cfg.Now()
	return &Failure{Kind: kind, Message: fmt.Sprintf(format, args...), FirstAt: now, LastAt: now}
}

func (b *Batch) limitOf(topic string) int {
	if b.limit == 0 || b.topic != topic {
		b.topic, b.limit = topic, b.sink.cfg.MaxMessageBytes(topic)
	}
	return b.limit
}
