package loaderline

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/sink"
	"github.com/loaderline/loaderline/stages"
)

func asFailure(err error, kind sink.Kind) *Failure {
	if f, ok := errors.AsType[*Failure](err); ok {
		return f
	}
	f := &Failure{Kind: kind, Message: err.Error()}
	if tried, ok := errors.AsType[*stages.KeyError](err); ok {
		f.Attempts, f.FirstAt, f.LastAt = tried.Attempts, tried.First, tried.Last
		f.Transient = stages.ClassOf(tried).Retryable()
	}
	return f
}

// output is what the micro-batches of one transaction made.
type output struct {
	records []*kgo.Record
	bytes   int                   // of the records
	sources [][]*kgo.Record       // the input records, by micro-batch
	tallies []Tally               // by micro-batch
	shares  shares                // of dead letters
	samples map[DeadLetter]string // a message for each reason
	release func()                // for when the records are published and of no more use
}

// outcome collects the records that micro-batches make.
type outcome[E any] struct {
	output

	worker *worker[E]
	to     *sink.Batch
	step   *consumer.KeyStep
	tally  *Tally // of the micro-batch that is worked on
	tries  *tries // its records
	at     int    // the one that is worked on

	retryShare []byte // of the records that go to a retry topic for the first time
}

// outcomes makes the records of micro-batches, in order: decode, run the plan, encode. Their lookups run side by side. What has to
// wait behind earlier records of its key, as step has it, is left out. Its error is of all of them, of which nothing may
// be published.
func (w *worker[E]) outcomes(ctx context.Context, batches [][]*kgo.Record, step *consumer.KeyStep) (output, error) {
	micro, err := w.loaded(ctx, batches, step)
	if err != nil {
		return output{}, err
	}
	total := 0
	for _, m := range micro {
		total += len(m.sources)
	}
	o := outcome[E]{worker: w, step: step, to: w.sink.Batch(total), output: output{
		records: make([]*kgo.Record, 0, total), tallies: make([]Tally, len(micro)),
	}}
	done := 0
	for i, m := range micro {
		o.tally, o.tries, o.sources = &o.tallies[i], &m.tries, append(o.sources, m.sources)
		o.tally.Number, o.tally.Records, o.tally.Stages = i, len(m.sources), m.rows.Stats()
		made := o.microBatch(m)
		done += made
		if made < len(m.sources) {
			return output{}, &overflowError{records: done, limit: w.cfg.MaxOutputBytes}
		}
		w.extra.warn(ctx, w.log, o.tally.Stages)
	}
	o.weigh()
	o.release = func() {
		for _, m := range micro {
			m.rows.Release()
		}
		o.to.Release()
	}
	return o.output, nil
}

// microBatch makes the outcomes of one micro-batch. It answers of how many of its records: of all, or of as many as make no
// more than may be held.
func (o *outcome[E]) microBatch(m *microBatch[E]) (made int) {
	for i, r := range m.sources {
		if len(o.records) > 0 && o.bytes > o.worker.cfg.MaxOutputBytes {
			return i
		}
		failure := o.worker.refused.failure(r)
		if failure == nil {
			failure = m.failures[i]
		}
		o.at = i
		behind := o.step.Behind(r.Partition, r.Key, m.level(i))
		switch row := m.planned[i]; {
		case failure != nil:
			o.dead(r, failure)
		case behind > 0:
			o.follow(r, behind)
		case row >= 0:
			o.row(r, m.rows.At(int(row)))
		default:
			o.tombstone(r)
		}
	}
	return len(m.sources)
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
	o.shares.of(o.tries.level(o.at)).dead += o.tries.weight(o.at)
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
