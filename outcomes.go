package loaderline

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/sink"
	"github.com/loaderline/loaderline/stages"
)

// outcomes makes the records of a micro-batch: decode, run the plan, encode. What has to wait behind earlier records of its
// key, as step has it, is left out. Its error is of the whole batch, of which nothing may be published.
func (w *worker[E]) outcomes(ctx context.Context, batch []*kgo.Record, step *consumer.KeyStep) (output, error) {
	tries := w.cfg.Retry.tries(batch)
	tries.hold(step)
	batch = tries.sources
	o := outcome[E]{
		worker: w, to: w.sink.Batch(len(batch)), tries: tries, step: step,
		output: output{records: make([]*kgo.Record, 0, len(batch)), sources: batch, tally: Tally{Records: len(batch)}},
	}
	clear(w.events)
	events := slices.Grow(w.events[:0], len(batch))
	planned := slices.Grow(w.planned[:0], len(batch))[:len(batch)]
	failures := map[int]*Failure{}
	for i, r := range batch {
		planned[i] = -1
		if tries.held(i) || r.Value == nil && w.cfg.Tombstones != DeadLetterTombstones {
			continue
		}
		event, failure := w.decode(r)
		if failure != nil {
			failures[i] = failure
			continue
		}
		planned[i] = int32(len(events))
		events = append(events, event)
	}
	w.events, w.planned = events, planned
	rows := w.cfg.Plan.Run(ctx, events)
	if err := rows.Err(); err != nil {
		return output{}, err
	}
	for i, r := range batch {
		if i > 0 && o.bytes > w.cfg.MaxOutputBytes {
			return output{}, &overflowError{records: i, limit: w.cfg.MaxOutputBytes}
		}
		failure := w.refused.failure(r)
		if failure == nil {
			failure = failures[i]
		}
		o.at = i
		behind := step.Behind(r.Partition, r.Key, tries.level(i))
		switch row := planned[i]; {
		case failure != nil:
			o.dead(r, failure)
		case behind > 0:
			o.follow(r, behind)
		case row >= 0:
			o.row(r, rows.At(int(row)))
		default:
			o.tombstone(r)
		}
	}
	o.release = func() {
		rows.Release()
		o.to.Release()
	}
	o.tally.Stages = rows.Stats()
	w.extra.warn(ctx, w.log, o.tally.Stages)
	return o.output, nil
}

// decode calls Decode and makes a Failure of its error or panic.
func (w *worker[E]) decode(r *kgo.Record) (event E, failure *Failure) {
	if r.Value == nil {
		return event, &Failure{Kind: sink.KindDecode, Message: "the record has no value (a tombstone)"}
	}
	defer func() {
		if v := recover(); v != nil {
			failure = &Failure{Kind: sink.KindDecode, Message: fmt.Sprintf("decoding panicked: %v", v)}
		}
	}()
	event, err := w.cfg.Decode(*r)
	if err != nil {
		return event, asFailure(err, sink.KindDecode)
	}
	return event, nil
}

func asFailure(err error, kind sink.Kind) *Failure {
	if f, ok := errors.AsType[*Failure](err); ok {
		return f
	}
	f := &Failure{Kind: kind, Message: err.Error()}
	if tried, ok := errors.AsType[*stages.KeyError](err); ok {
		f.Attempts, f.FirstAt, f.LastAt = tried.Attempts, tried.First, tried.Last
		f.Transient = stages.ClassOf(tried) == stages.Transient
	}
	return f
}

// output is what a micro-batch made.
type output struct {
	records []*kgo.Record
	bytes   int           // of the records
	sources []*kgo.Record // the input records
	tally   Tally
	samples map[DeadLetter]string // a message for each reason
	release func()                // for when the records are published and of no more use
}

// outcome collects the records of one micro-batch.
type outcome[E any] struct {
	output

	worker *worker[E]
	to     *sink.Batch
	tries  tries
	step   *consumer.KeyStep
	at     int // the record that is worked on
}

func (o *outcome[E]) add(r *kgo.Record) {
	o.records = append(o.records, r)
	o.bytes += sink.WireSize(r)
}

// row publishes what Encode makes of a row: all of its records, or a dead letter.
func (o *outcome[E]) row(src *kgo.Record, row stages.Row[E]) {
	records, failure := o.encode(row)
	if failure != nil {
		o.fail(src, failure)
		return
	}
	if len(records) == 0 {
		o.done(src)
		o.tally.Dropped++
		return
	}
	before, bytes := len(o.records), o.bytes
	for i := range records {
		r, failure := o.to.Enriched(src, records[i])
		if failure != nil {
			o.records, o.bytes = o.records[:before], bytes
			o.dead(src, failure)
			return
		}
		o.add(r)
	}
	o.done(src)
	o.tally.Enriched++
}

// encode calls Encode and makes a Failure of its error or panic.
func (o *outcome[E]) encode(row stages.Row[E]) (records []Record, failure *Failure) {
	defer func() {
		if v := recover(); v != nil {
			failure = &Failure{Kind: sink.KindEncode, Message: fmt.Sprintf("encoding panicked: %v", v)}
		}
	}()
	records, err := o.worker.cfg.Encode(row)
	if err != nil {
		return nil, asFailure(err, sink.KindEncode)
	}
	return records, nil
}

func (o *outcome[E]) dead(src *kgo.Record, f *Failure) {
	o.done(src)
	o.add(o.to.DeadLetter(src, f.After(o.tries.earlier(o.at))))
	o.tally.dead(f)
	if o.samples == nil {
		o.samples = map[DeadLetter]string{}
	}
	o.samples[DeadLetter{Kind: f.Kind, Stage: f.Stage}] = f.Message
}

func (o *outcome[E]) tombstone(src *kgo.Record) {
	if o.worker.cfg.Tombstones == DropTombstones {
		o.done(src)
		o.tally.Dropped++
		return
	}
	r, failure := o.to.Enriched(src, Record{})
	if failure != nil {
		o.dead(src, failure)
		return
	}
	o.add(r)
	o.done(src)
	o.tally.Forwarded++
}
