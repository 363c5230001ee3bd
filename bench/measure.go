package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/loaderline/loaderline/testenv"
)

// published returns the topic that holds these events, which it fills where none does.
func (b *Bench) published(ctx context.Context, in input) (string, error) {
	if topic, ok := b.inputs[in]; ok {
		return topic, nil
	}
	topic := fmt.Sprintf("bench-%s-in-%d", b.id, len(b.inputs)+1)
	if err := testenv.CreateTopic(ctx, b.config.Kafka, topic, in.partitions, in.wide.configs()...); err != nil {
		return "", err
	}
	done, err := testenv.Publish(ctx, testenv.PublishConfig{Kafka: b.config.Kafka, Topic: topic}, in.all())
	if err != nil {
		return "", errors.Join(err, testenv.DeleteTopics(context.WithoutCancel(ctx), b.config.Kafka, topic))
	}
	b.inputs[in] = topic
	_, _ = fmt.Fprintf(b.config.Words, "published %d events in %.1f s\n", done.Records, done.Elapsed.Seconds())
	return topic, nil
}

// publishedUsers returns a compacted topic that holds the users of the shop, which it fills where none does.
func (b *Bench) publishedUsers(ctx context.Context) (string, error) {
	if b.users != "" {
		return b.users, nil
	}
	rows, err := b.shop.users(ctx)
	if err != nil {
		return "", err
	}
	topic := fmt.Sprintf("bench-%s-users", b.id)
	if err := testenv.CreateTopic(ctx, b.config.Kafka, topic, b.config.Partitions, "cleanup.policy=compact"); err != nil {
		return "", err
	}
	b.users = topic
	_, err = testenv.Publish(ctx, testenv.PublishConfig{Kafka: b.config.Kafka, Topic: topic}, slices.Values(rows))
	return topic, err
}

// paced measures how late the outputs are while events come at a steady rate. They begin to come when the output of a
// first one is there, so that what a processor does at its start is not in it.
func (b *Bench) paced(ctx context.Context, p Processor, w world, events testenv.EventsConfig, rate float64) (Result, error) {
	one, rest := events, events
	one.Count, rest.First, rest.Count = 1, 1, int(rate*b.config.Paced.Seconds())
	publish := testenv.PublishConfig{Kafka: w.brokers, Topic: w.input}
	if _, err := testenv.Publish(ctx, publish, testenv.Events(one)); err != nil {
		return Result{}, err
	}
	publish.Rate = rate
	pace := &pace{rate: rate, skip: b.config.Paced / 4}
	begun := make(chan struct{})
	c := newCounter(0, 1+rest.Count)
	c.seenAt = func(event int, at time.Time) {
		if event == 0 {
			close(begun)
			return
		}
		pace.note(event-1, at)
	}
	r, err := b.measure(ctx, p, w, c, func(ctx context.Context) error {
		select {
		case <-begun:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		_, err := testenv.Publish(ctx, publish, pace.events(testenv.Events(rest)))
		return err
	}, nil)
	r.Latency = pace.latency()
	return r, err
}

// started measures how soon a processor continues that has committed before and ended cleanly.
func (b *Bench) started(ctx context.Context, p Processor, w world, events testenv.EventsConfig) (r Result, err error) {
	events.Count = 1_000
	for range 2 {
		if _, err := testenv.Publish(ctx, testenv.PublishConfig{Kafka: w.brokers, Topic: w.input}, testenv.Events(events)); err != nil {
			return Result{}, err
		}
		if r, err = b.measure(ctx, p, w, newCounter(events.First, events.Count), nil, nil); err != nil {
			return r, err
		}
		events.First += events.Count
	}
	return r, nil
}

// measure runs a processor until each event has an output, ends it, and returns what it showed. Beside it runs
// alongside, which ends when all is done. Before it is ended, afterwards has it. Both may be nil.
func (b *Bench) measure(ctx context.Context, p Processor, w world, c *counter, alongside func(context.Context) error, afterwards observation) (Result, error) {
	const patience = 10 * time.Minute
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("not done within %s", patience))
	defer cancel()
	launches, err := w.launches(ctx, p, b.dir)
	if err != nil {
		return Result{}, err
	}
	before, err := b.shop.calls(ctx)
	if err != nil {
		return Result{}, err
	}
	failed := make(chan error, 2+len(launches))
	side, stop := context.WithCancel(ctx)
	var working sync.WaitGroup
	defer working.Wait()
	defer stop()
	work := func(do func(context.Context) error) {
		working.Go(func() {
			if err := do(side); err != nil && side.Err() == nil {
				failed <- err
			}
		})
	}
	work(func(ctx context.Context) error { return follow(ctx, w, c.take) })

	g := &group{}
	defer func() { _ = g.end() }() // After a failure, which says more than how they end.
	begin := time.Now()
	for _, l := range launches {
		if err := g.start(ctx, l, failed); err != nil {
			return Result{}, err
		}
	}
	if alongside != nil {
		work(alongside)
	}
	select {
	case <-c.done:
	case err := <-failed:
		return Result{}, fmt.Errorf("%s: %w", c.progress(), err)
	case <-ctx.Done():
		return Result{}, fmt.Errorf("%s: %w", c.progress(), context.Cause(ctx))
	}
	r := c.result(begin, time.Now())
	if err := g.observe(ctx, afterwards, failed, &r); err != nil {
		return Result{}, err
	}
	if err := g.usage(ctx, &r); err != nil {
		return Result{}, err
	}
	after, err := b.shop.calls(ctx)
	r.Calls = after - before
	return r, err
}
