package loaderline

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/sink"
)

// Pipeline is a configured pipeline. Run it once.
type Pipeline[E any] struct {
	cfg     Config[E]
	workers atomic.Pointer[[]*worker[E]]
}

// New checks a configuration and reports all its problems at once. It connects to nothing.
func New[E any](cfg Config[E]) (*Pipeline[E], error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("pipeline %s: %w", cfg.Name, err)
	}
	return &Pipeline[E]{cfg: cfg}, nil
}

// Run consumes until ctx ends, then finishes the micro-batches at hand within ShutdownTimeout, commits them, leaves the
// group and returns nil. Any other end is an error: a topic that is missing or refuses records, a lookup that can
// never succeed as it is configured, an offset that is out of range. Kafka or a backend that is away is waited for.
func (p *Pipeline[E]) Run(ctx context.Context) error {
	topics, err := p.describe(ctx)
	switch {
	case err != nil && ended(ctx):
		return nil
	case err != nil:
		return err
	}
	known := newLimits(topics)
	p.cfg.Consumer.MaxMessageBytes, p.cfg.Sink.MaxMessageBytes = known.of, known.of
	if p.cfg.OnLimits != nil {
		p.cfg.OnLimits(known.of)
	}
	records := sink.New(p.cfg.Sink)
	deadLetters, err := p.deadLetterLimit(ctx)
	switch {
	case err != nil && ended(ctx):
		return nil
	case err != nil:
		return err
	}

	group, running := errgroup.WithContext(ctx)
	drain, stop := drained(running, p.cfg.ShutdownTimeout-leaveTime(p.cfg.ShutdownTimeout))
	defer stop()
	end, stopEnd := drained(running, p.cfg.ShutdownTimeout)
	defer stopEnd()
	workers := make([]*worker[E], p.cfg.Workers)
	for i := range workers {
		workers[i] = &worker[E]{
			cfg: &p.cfg, number: i, sink: records, limits: known, deadLetters: deadLetters, drain: drain, end: end,
			log: p.cfg.Logger.With(slog.Int("worker", i)),
		}
		workers[i].state.turn()
	}
	p.workers.Store(&workers)
	for _, w := range workers {
		group.Go(func() error { return w.run(running) })
	}
	return group.Wait()
}

// describe finds the topics' limits, and fails where a topic is missing or has too few partitions.
func (p *Pipeline[E]) describe(ctx context.Context) (map[string]consumer.TopicInfo, error) {
	topics := append(slices.Clone(p.cfg.Consumer.Topics), p.cfg.Sink.Topic, p.cfg.Sink.DeadLetterTopic)
	infos, err := consumer.Describe(ctx, p.cfg.Consumer.Kafka, topics...)
	if err != nil {
		return nil, err
	}
	if p.cfg.Sink.Partition == sink.BySource {
		if err := ComparePartitions(infos, p.cfg.Consumer.Topics, p.cfg.Sink.Topic); err != nil {
			return nil, fmt.Errorf("pipeline %s: %w", p.cfg.Name, err)
		}
	}
	return infos, nil
}

// deadLetterLimit knows what was committed by earlier processes.
func (p *Pipeline[E]) deadLetterLimit(ctx context.Context) (*deadLetterLimit, error) {
	l := &deadLetterLimit{limit: p.cfg.DeadLetterLimit, window: p.cfg.DeadLetterWindow, instance: p.cfg.Consumer.Instance}
	if l.limit >= 1 {
		return l, nil
	}
	notes, err := consumer.Notes(ctx, p.cfg.Consumer.Kafka, p.cfg.Consumer.Group)
	if err != nil {
		return nil, err
	}
	l.restore(notes)
	return l, nil
}

// leaveTime is the part of the drain that is kept for leaving the group, so that others need not wait for its session
// to time out.
func leaveTime(timeout time.Duration) time.Duration { return min(timeout/4, 2*time.Second) }

// drained is a context that outlives ctx by a grace.
func drained(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	drain, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(grace, cancel)
		context.AfterFunc(drain, func() { timer.Stop() })
	})
	return drain, func() {
		stop()
		cancel()
	}
}
