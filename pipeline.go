package loaderline

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/loaderline/loaderline/internal/deadletterlimit"
	"github.com/loaderline/loaderline/internal/envelope"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/session"
	"github.com/loaderline/loaderline/sink"
)

// Pipeline is a configured pipeline. Run it once.
type Pipeline[E any] struct {
	cfg     Config[E]
	workers atomic.Pointer[[]*worker[E]]

	topicCheckEvery time.Duration
	paceWindow      time.Duration // Zero is the default of a pace.
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
	return &Pipeline[E]{cfg: cfg, topicCheckEvery: topicCheckEvery}, nil
}

// Run consumes until ctx ends. Then it finishes the micro-batches in progress within ShutdownTimeout, commits them,
// leaves the group and returns nil. Any other end is an error: a topic that is missing or rejects records, a lookup
// that can never succeed as it is configured, an offset that is out of range. Run waits for Kafka or a backend that is
// unreachable.
func (p *Pipeline[E]) Run(ctx context.Context) error {
	known, err := p.cfg.prepare(ctx)
	switch {
	case err != nil && ended(ctx):
		return nil
	case err != nil:
		return err
	}
	deadLetters, err := p.deadLetterLimit(ctx)
	watch := newTopicWatch(&p.cfg, p.topicCheckEvery)
	if err == nil {
		err = watch.begin(ctx)
	}
	if err == nil {
		err = session.CommitStart(ctx, p.cfg.session)
	}
	switch {
	case err != nil && ended(ctx):
		return nil
	case err != nil:
		return err
	}
	return p.work(ctx, &worker[E]{cfg: &p.cfg, limits: known, deadLetters: deadLetters, topics: watch})
}

// work runs copies of a worker until ctx ends.
func (p *Pipeline[E]) work(ctx context.Context, like *worker[E]) error {
	cfg := like.cfg
	records := envelope.New(cfg.envelope)
	group, running := errgroup.WithContext(ctx)
	drain, stop := drained(running, cfg.ShutdownTimeout-leaveTime(cfg.ShutdownTimeout))
	defer stop()
	end, stopEnd := drained(running, cfg.ShutdownTimeout)
	defer stopEnd()
	workers := make([]*worker[E], cfg.Workers)
	for i := range workers {
		workers[i] = &worker[E]{
			cfg: cfg, number: i, envelope: records, limits: like.limits, deadLetters: like.deadLetters, replay: like.replay, drain: drain, end: end,
			pace: pace{window: p.paceWindow},
			log:  cfg.Logger.With(slog.Int("worker", i)),
		}
		workers[i].state.begin()
	}
	p.workers.Store(&workers)
	if like.topics != nil {
		group.Go(func() error { return like.topics.run(running) })
	}
	for _, w := range workers {
		group.Go(func() error { return w.run(running) })
	}
	return group.Wait()
}

// prepare reads the limits of the topics. It fails if a topic is missing or has too few partitions.
func (c *Config[E]) prepare(ctx context.Context) (*topicLimits, error) {
	retries := c.session.Retry.Topics
	topics := append(slices.Concat(c.session.Topics, retries, c.outputTopics()), c.envelope.DeadLetterTopic)
	infos, err := kafkaadmin.Describe(ctx, c.session.Kafka, topics...)
	if err != nil {
		return nil, err
	}
	if c.envelope.Partition == sink.BySource {
		if err := kafkaadmin.ComparePartitions(infos, c.session.Topics, c.outputTopics()); err != nil {
			return nil, fmt.Errorf("pipeline %s: %w", c.Name, err)
		}
	}
	if err := kafkaadmin.CompareRetryPartitions(infos, c.session.Topics[0], retries); err != nil {
		return nil, fmt.Errorf("pipeline %s: %w", c.Name, err)
	}
	known := newTopicLimits(infos)
	c.session.MaxMessageBytes, c.envelope.MaxMessageBytes = known.of, known.of
	c.session.TopicIDs = make(map[string][16]byte, len(infos))
	for topic, info := range infos {
		c.session.TopicIDs[topic] = info.ID
	}
	if c.OnLimits != nil {
		c.OnLimits(known.of)
	}
	return known, nil
}

// deadLetterLimit returns the limit with the counts that earlier processes committed.
func (p *Pipeline[E]) deadLetterLimit(ctx context.Context) (*deadletterlimit.Limit, error) {
	l := p.cfg.newDeadLetterLimit()
	if l.Unlimited() {
		return l, nil
	}
	notes, err := kafkaadmin.Notes(ctx, p.cfg.session.Kafka, p.cfg.session.Group)
	if err != nil {
		return nil, err
	}
	l.Restore(notes)
	return l, nil
}

func (c *Config[E]) newDeadLetterLimit() *deadletterlimit.Limit {
	return deadletterlimit.New(c.DeadLetterLimit, c.DeadLetterWindow, c.session.Instance)
}

// leaveTime is the part of the drain that is reserved for leaving the group, so that others need not wait for the
// session timeout.
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
