package testenv

import (
	"context"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"
)

// Recreated returns a checker that continues for a closed one, and knows everything that the closed one has seen. It
// reads a topic that was deleted and created again meanwhile from its start, and the others from where the closed one
// stopped.
func (c *Checker) Recreated(ctx context.Context, topic string) *Checker {
	next := &Checker{
		config: c.config, client: newClient(c.config.Kafka), ledger: c.ledger,
		done: make(chan struct{}), changed: make(chan struct{}), next: map[string]map[int]int64{},
	}
	from := maps.Clone(c.next)
	if _, followed := from[topic]; followed {
		from[topic] = firstRecords(slices.Collect(maps.Keys(from[topic])))
	}
	next.read(ctx, from)
	return next
}

// readers take the records of each topic.
func (c *Checker) readers() map[string]func(Record) {
	readers := map[string]func(Record){c.config.Output: c.ledger.Enriched}
	for _, topic := range c.config.Routes {
		readers[topic] = func(r Record) { c.ledger.EnrichedIn(topic, r) }
	}
	if c.config.DeadLetters != "" {
		readers[c.config.DeadLetters] = c.ledger.DeadLetter
	}
	return readers
}

// read follows the topics from positions on.
func (c *Checker) read(ctx context.Context, from map[string]map[int]int64) {
	for topic := range from {
		c.next[topic] = maps.Clone(from[topic])
	}
	ctx, c.cancel = context.WithCancel(ctx)
	group, ctx := errgroup.WithContext(ctx)
	for topic, take := range c.readers() {
		group.Go(func() error {
			return c.client.follow(ctx, topic, from[topic], func(b Batch) error {
				c.take(topic, b, take)
				return nil
			})
		})
	}
	go func() {
		defer close(c.done)
		err := group.Wait()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.err = err
		c.notify()
	}()
}

// take enters a batch into the ledger.
func (c *Checker) take(topic string, b Batch, enter func(Record)) {
	for _, r := range b.Records {
		enter(r)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next[topic][b.Partition] = b.Next
	c.notify()
}
