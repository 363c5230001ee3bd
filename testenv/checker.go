package testenv

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// CheckerConfig configures [NewChecker].
type CheckerConfig struct {
	// Kafka is the bootstrap address, host:port. Required.
	Kafka string
	// Input and Output are the pipeline's topics. Required.
	Input, Output string
	// Routes are further topics that its outputs are in. Defaults to none.
	Routes []string
	// DeadLetters is its dead-letter topic. Defaults to none.
	DeadLetters string
	// Group is its consumer group, whose committed offsets are then judged too. Defaults to none.
	Group string
	// FromEnds skips the outcomes that are already there: the pipeline is at rest, and its input will begin again.
	// Defaults to false, from the first outcome on.
	FromEnds bool

	LedgerConfig
}

// Checker follows the output and the dead letters of a pipeline with read_committed from their first records on,
// and judges them against the input topic and an oracle. It is safe for concurrent use.
type Checker struct {
	config CheckerConfig
	client *client
	ledger *Ledger
	cancel context.CancelFunc
	done   chan struct{} // closed once nothing is read any more.

	mu      sync.Mutex
	next    map[string]map[int]int64 // what is read next, by topic and partition.
	changed chan struct{}            // closed and replaced whenever next or err changes.
	err     error                    // why reading ended.
}

// NewChecker starts to read the outcomes, which end by [Checker.Close] or with ctx. The topics must exist.
func NewChecker(ctx context.Context, config CheckerConfig) (*Checker, error) {
	c := &Checker{
		config: config, client: newClient(config.Kafka), ledger: NewLedger(config.LedgerConfig),
		done: make(chan struct{}), changed: make(chan struct{}), next: map[string]map[int]int64{},
	}
	from := map[string]map[int]int64{}
	for topic := range c.readers() {
		var err error
		if from[topic], err = c.begin(ctx, topic); err != nil {
			c.client.Close()
			return nil, fmt.Errorf("checker: %w", err)
		}
	}
	c.read(ctx, from)
	return c, nil
}

// begin returns where the reading of a topic begins.
func (c *Checker) begin(ctx context.Context, topic string) (map[int]int64, error) {
	ids, err := c.client.partitions(ctx, topic)
	if err != nil {
		return nil, err
	}
	if c.config.FromEnds {
		return c.client.ends(ctx, topic, ids)
	}
	return firstRecords(ids), nil
}

// firstRecords are the first positions of partitions.
func firstRecords(ids []int) map[int]int64 {
	from := make(map[int]int64, len(ids))
	for _, id := range ids {
		from[id] = 0
	}
	return from
}

// notify wakes all that wait. c.mu is held.
func (c *Checker) notify() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// Seen returns how many input records have a visible outcome by now.
func (c *Checker) Seen() int { return c.ledger.Seen() }

// WaitFor returns once n input records have a visible outcome. Its error says how many had when ctx ended.
func (c *Checker) WaitFor(ctx context.Context, n int) error {
	err := c.await(ctx, func() bool { return c.ledger.Seen() >= n })
	if err != nil {
		return fmt.Errorf("waiting for %d outcomes: %d are there: %w", n, c.Seen(), err)
	}
	return nil
}

// await returns once a condition holds, which is asked again whenever something was read, with c.mu held.
func (c *Checker) await(ctx context.Context, holds func() bool) error {
	for {
		c.mu.Lock()
		ok, changed, err := holds(), c.changed, c.err
		c.mu.Unlock()
		if ok || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Check reads on to where the topics end when it is called, and judges. The pipeline should be at rest: what it has
// not yet made an outcome of is lost. A transaction that stays open until ctx ends is an error, since it hides what
// follows it. Check may be called again.
func (c *Checker) Check(ctx context.Context) (Report, error) {
	err := c.client.readToEnds(ctx, c.config.Input, func(b Batch) {
		for _, r := range b.Records {
			c.ledger.Input(r)
		}
	})
	if err != nil {
		return Report{}, fmt.Errorf("checking: %w", err)
	}
	for topic := range c.next {
		if err := c.catchUp(ctx, topic); err != nil {
			return Report{}, fmt.Errorf("checking: %w", err)
		}
	}
	report := c.ledger.Report()
	if c.config.Group != "" {
		if report.Uncommitted, err = c.client.uncommitted(ctx, c.config.Group, c.config.Input); err != nil {
			return Report{}, fmt.Errorf("checking: %w", err)
		}
	}
	return report, nil
}

// Inputs returns how many records the input topic holds by now.
func (c *Checker) Inputs(ctx context.Context) (int, error) {
	partitions, err := c.client.awaitPartitions(ctx, c.config.Input, 1)
	if err != nil {
		return 0, err
	}
	ends, err := c.client.ends(ctx, c.config.Input, partitions)
	if err != nil {
		return 0, err
	}
	sum := 0
	for _, end := range ends {
		sum += int(end)
	}
	return sum, nil
}

// catchUp returns once everything that a topic now holds has been entered.
func (c *Checker) catchUp(ctx context.Context, topic string) error {
	partitions, err := c.client.partitions(ctx, topic)
	if err != nil {
		return err
	}
	ends, err := c.client.ends(ctx, topic, partitions)
	if err != nil {
		return err
	}
	var behind string
	err = c.await(ctx, func() bool {
		for id, end := range ends {
			if next := c.next[topic][id]; next < end {
				behind = fmt.Sprintf("%s[%d] is stable up to %d, and ends at %d: a transaction is open", topic, id, next, end)
				return false
			}
		}
		return true
	})
	if err != nil {
		return fmt.Errorf("%s: %w", behind, err)
	}
	return nil
}

// Close ends the reading. It returns what ended it before, if anything did.
func (c *Checker) Close() error {
	c.mu.Lock()
	err := c.err
	c.mu.Unlock()
	c.cancel()
	<-c.done
	c.client.Close()
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}
