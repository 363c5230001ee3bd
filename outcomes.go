package loaderline

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/sink"
	"github.com/loaderline/loaderline/stages"
)

// outcomes makes the records of a micro-batch: decode, run the plan, encode. Its error is of the whole batch, of which nothing may be published.
func (w *worker[E]) outcomes(ctx context.Context, batch []*kgo.Record) ([]*kgo.Record, Tally, error) {
	o := outcome[E]{worker: w, to: w.sink.Batch(len(batch)), out: make([]*kgo.Record, 0, len(batch)), tally: Tally{Records: len(batch)}}
	var (
		events  = make([]E, 0, len(batch))
		planned = make([]int32, len(batch)) // the row of each record, or -1
	)
	failures := map[int]*Failure{}
	for i, r := range batch {
		planned[i] = -1
		if r.Value == nil && w.cfg.Tombstones != DeadLetterTombstones {
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
	rows := w.cfg.Plan.Run(ctx, events)
	if err := rows.Err(); err != nil {
		return nil, Tally{}, err
	}
	for i, r := range batch {
		switch row := planned[i]; {
		case row >= 0:
			o.row(r, rows.At(int(row)))
		case failures[i] != nil:
			o.dead(r, failures[i])
		default:
			o.tombstone(r)
		}
	}
	o.tally.Stages = rows.Stats()
	return o.out, o.tally, nil
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
	return &Failure{Kind: kind, Message: err.Error()}
}

// outcome collects the records of one micro-batch.
type outcome[E any] struct {
	worker *worker[E]
	to     *sink.Batch
	out    []*kgo.Record
	tally  Tally
}

// row publishes what Encode makes of a row: all of its records, or a dead letter.
func (o *outcome[E]) row(src *kgo.Record, row stages.Row[E]) {
	if f := o.worker.refused.failure(src); f != nil {
		o.dead(src, f)
		return
	}
	records, failure := o.encode(row)
	if failure != nil {
		o.dead(src, failure)
		return
	}
	if len(records) == 0 {
		o.tally.Dropped++
		return
	}
	before := len(o.out)
	for i := range records {
		r, failure := o.to.Enriched(src, records[i])
		if failure != nil {
			o.out = o.out[:before]
			o.dead(src, failure)
			return
		}
		o.out = append(o.out, r)
	}
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
	o.out = append(o.out, o.to.DeadLetter(src, *f))
	o.tally.dead(f)
}

func (o *outcome[E]) tombstone(src *kgo.Record) {
	if o.worker.cfg.Tombstones == DropTombstones {
		o.tally.Dropped++
		return
	}
	r, failure := o.to.Enriched(src, Record{})
	if failure != nil {
		o.dead(src, failure)
		return
	}
	o.out = append(o.out, r)
	o.tally.Forwarded++
}
