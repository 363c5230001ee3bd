package loaderline

import (
	"context"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/sink"
	"github.com/loaderline/loaderline/stages"
)

// microBatch is the records that share their lookups.
type microBatch[E any] struct {
	tries

	events   []E
	planned  []int32 // by record, the row of its event, or -1
	failures map[int]*Failure
	rows     *stages.Rows[E]
}

// loaded decodes batches and runs the plan for each, side by side. What it returns is valid until the next call.
func (w *worker[E]) loaded(ctx context.Context, batches [][]*kgo.Record, step *consumer.KeyStep) ([]*microBatch[E], error) {
	for len(w.micro) < len(batches) {
		w.micro = append(w.micro, &microBatch[E]{})
	}
	clear(w.micro[len(batches):])
	micro := w.micro[:len(batches)]
	w.micro = micro
	for i, m := range micro {
		m.tries = w.cfg.Retry.tries(batches[i])
		m.hold(step)
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

// load decodes the records and runs the plan. What is held needs neither. Its error is that of the run as a whole.
func (m *microBatch[E]) load(ctx context.Context, w *worker[E]) error {
	clear(m.events)
	m.events = slices.Grow(m.events[:0], len(m.sources))
	m.planned = slices.Grow(m.planned[:0], len(m.sources))[:len(m.sources)]
	m.failures = map[int]*Failure{}
	for i, r := range m.sources {
		m.planned[i] = -1
		if m.held(i) || r.Value == nil && w.cfg.Tombstones != DeadLetterTombstones {
			continue
		}
		event, failure := w.decode(r)
		if failure != nil {
			m.failures[i] = failure
			continue
		}
		m.planned[i] = int32(len(m.events))
		m.events = append(m.events, event)
	}
	m.rows = w.cfg.Plan.Run(ctx, m.events)
	return m.rows.Err()
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
