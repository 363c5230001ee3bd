package loaderline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"github.com/loaderline/loaderline/internal/envelope"
	"github.com/loaderline/loaderline/internal/runscope"
	"github.com/loaderline/loaderline/internal/session"
	"github.com/loaderline/loaderline/sink"
	"github.com/loaderline/loaderline/stages"
)

// enrich makes the outcomes of a batch. It decodes each record, runs the plan for each micro-batch, and encodes the
// rows. On error nothing of the batch may be published.
func (w *worker[E]) enrich(s *session.Session, batch []*kgo.Record) (output, error) {
	w.state.work()
	work, done := s.Working(w.drain)
	defer done()
	out, err := w.outcomes(work, slices.Collect(slices.Chunk(batch, w.cfg.session.MaxRecords)), s.Step())
	if err == nil {
		err = w.replay.wait(work, len(batch))
	}
	if err == nil {
		err = w.reserve(&out)
	}
	return out, err
}

// outcomes makes the outcomes of micro-batches, in order. Their lookups run side by side. Records that must wait behind an
// earlier record of their key are sent to a retry topic instead. On error nothing of these batches may be published.
func (w *worker[E]) outcomes(ctx context.Context, batches [][]*kgo.Record, order *session.KeyStep) (output, error) {
	began := time.Now()
	micro, err := w.load(ctx, batches, order)
	if err != nil {
		return output{}, err
	}
	loaded := time.Now()
	total := 0
	for _, m := range micro {
		total += len(m.sources)
	}
	o := outcome[E]{worker: w, order: order, to: w.envelope.Batch(total), output: output{
		records: make([]*kgo.Record, 0, total), origins: make([]*kgo.Record, 0, total), inputs: total, tallies: make([]Tally, len(micro)),
	}}
	done := 0
	for i, m := range micro {
		o.tally, o.attempts, o.sources = &o.tallies[i], &m.attempts, append(o.sources, m.sources)
		o.tally.Number, o.tally.Records, o.tally.Stages = i, len(m.sources), m.rows.Stats()
		processed := o.microBatch(m)
		done += processed
		if processed < len(m.sources) {
			return output{}, &overflowError{records: done, limit: w.cfg.MaxOutputBytes}
		}
		w.unrequested.warn(ctx, w.log, o.tally.Stages)
	}
	o.tallies[0].LoadTime, o.tallies[0].EncodeTime = loaded.Sub(began), time.Since(loaded)
	onlyLongest(micro, o.tallies)
	o.weigh()
	o.release = func() {
		for _, m := range micro {
			m.scope.Release()
		}
		o.to.Release()
	}
	return o.output, nil
}

// onlyLongest leaves StageStats.Critical to the micro-batch whose lookups took longest.
func onlyLongest[E any](micro []*microBatch[E], tallies []Tally) {
	longest := 0
	for i, m := range micro {
		if m.took > micro[longest].took {
			longest = i
		}
	}
	for i := range tallies {
		for j := range tallies[i].Stages {
			if i != longest {
				tallies[i].Stages[j].Critical = 0
			}
		}
	}
}

// Values of microBatch.planned for records without a row.
const (
	noRow       = -1
	filteredRow = -2 // Decode filtered the event
)

// microBatch is a group of records that share their lookups.
type microBatch[E any] struct {
	attempts

	events   []E
	planned  []int32 // by record, the row of its event, or noRow or filteredRow
	failures map[int]*Failure
	rows     *stages.Rows[E]
	scope    *runscope.Scope // of the rows
	took     time.Duration   // the lookups
}

// load decodes batches and runs the plan for each, side by side. The result is valid until the next call.
func (w *worker[E]) load(ctx context.Context, batches [][]*kgo.Record, order *session.KeyStep) ([]*microBatch[E], error) {
	for len(w.micro) < len(batches) {
		w.micro = append(w.micro, &microBatch[E]{})
	}
	clear(w.micro[len(batches):])
	micro := w.micro[:len(batches)]
	w.micro = micro
	for i, m := range micro {
		m.attempts = w.cfg.Retry.attempts(batches[i])
		m.markBlocked(order)
	}
	if len(micro) == 1 {
		return micro, micro[0].load(ctx, w)
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, m := range micro {
		group.Go(func() error { return m.load(ctx, w) })
	}
	return micro, group.Wait()
}

// load decodes the records and runs the plan. Blocked records need neither. Its error fails the run as a whole.
func (m *microBatch[E]) load(ctx context.Context, w *worker[E]) error {
	clear(m.events)
	m.events = slices.Grow(m.events[:0], len(m.sources))
	m.planned = slices.Grow(m.planned[:0], len(m.sources))[:len(m.sources)]
	m.failures = map[int]*Failure{}
	if err := m.prepare(ctx, w); err != nil {
		return err
	}
	for i, r := range m.sources {
		m.planned[i] = noRow
		if m.isBlocked(i) || r.Value == nil && w.cfg.Tombstones != DeadLetterTombstones {
			continue
		}
		event, filtered, failure := w.decode(r)
		switch {
		case failure != nil:
			m.failures[i] = failure
		case filtered:
			m.planned[i] = filteredRow
		default:
			m.planned[i] = int32(len(m.events))
			m.events = append(m.events, event)
		}
	}
	ctx, m.scope = runscope.New(ctx, len(m.events))
	began := time.Now()
	m.rows = w.cfg.Plan.Run(ctx, m.events)
	m.took = time.Since(began)
	return m.rows.Err()
}

// prepare calls Prepare with the records that have a value to decode.
func (m *microBatch[E]) prepare(ctx context.Context, w *worker[E]) (err error) {
	if w.cfg.Prepare == nil {
		return nil
	}
	records := make([]*Record, 0, len(m.sources))
	for i, r := range m.sources {
		if r.Value != nil && !m.isBlocked(i) {
			records = append(records, r)
		}
	}
	if len(records) == 0 {
		return nil
	}
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("preparing records panicked: %v", v)
		}
	}()
	return w.cfg.Prepare(ctx, records)
}

// decode calls Decode. It turns a panic, and an error other than ErrFiltered, into a Failure.
func (w *worker[E]) decode(r *kgo.Record) (event E, filtered bool, failure *Failure) {
	if r.Value == nil {
		return event, false, &Failure{Kind: sink.KindDecode, Message: "the record has no value (a tombstone)"}
	}
	defer func() {
		if v := recover(); v != nil {
			failure = &Failure{Kind: sink.KindDecode, Message: fmt.Sprintf("decoding panicked: %v", v)}
		}
	}()
	event, err := w.cfg.Decode(*r)
	switch {
	case err == nil:
		return event, false, nil
	case errors.Is(err, ErrFiltered):
		return event, true, nil
	default:
		return event, false, asFailure(err, sink.KindDecode)
	}
}

// microBatch makes the outcomes of one micro-batch. It returns how many of its records it processed: fewer than all if
// MaxOutputBytes was reached.
func (o *outcome[E]) microBatch(m *microBatch[E]) (processed int) {
	for i, r := range m.sources {
		if len(o.records) > 0 && o.bytes > o.worker.cfg.MaxOutputBytes {
			return i
		}
		failure := o.worker.rejected.failure(r)
		if failure == nil {
			failure = m.failures[i]
		}
		o.at = i
		behind := o.order.MustFollow(r.Partition, r.Key, m.tier(i))
		switch row := m.planned[i]; {
		case failure != nil:
			o.dead(r, failure)
		case row == filteredRow:
			o.filtered(r)
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

// encode calls Encode and turns its error or panic into a Failure.
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

// Enrich returns the records that Run would publish for each record of a micro-batch, at the same index. It takes the same steps, but
// connects to no broker, so it can try and test a pipeline. A record is a dead letter if its topic is Sink.DeadLetterTopic. An input
// without a record was dropped or filtered.
//
// Enrich ignores Config.Retry: an event that Run would send to a retry topic is a dead letter here. Topics have Kafka's
// default size limit. An error, for example stages.ErrOutage, fails the whole batch: Run would publish nothing and poll
// the batch again. Do not call Enrich on a Pipeline that runs.
func (p *Pipeline[E]) Enrich(ctx context.Context, batch []*Record) (published [][]*Record, _ Tally, err error) {
	cfg := p.cfg
	cfg.Retry = Retry{}
	limits := newTopicLimits(nil)
	cfg.envelope.MaxMessageBytes = limits.of
	if cfg.OnLimits != nil {
		cfg.OnLimits(limits.of)
	}
	w := &worker[E]{cfg: &cfg, envelope: envelope.New(cfg.envelope), limits: limits, log: cfg.Logger}
	out, err := w.outcomes(ctx, [][]*Record{batch}, nil)
	if err != nil {
		return nil, Tally{}, err
	}
	published = make([][]*Record, len(batch))
	done := 0
	for i, src := range batch {
		begin := done
		for done < len(out.records) && out.origins[done] == src {
			done++
		}
		published[i] = out.records[begin:done:done]
	}
	return published, out.tallies[0], nil
}
