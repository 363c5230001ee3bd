package testenv

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"golang.org/x/sync/errgroup"
)

// Record is a record that a consumer sees.
type Record struct {
	Partition int
	Offset    int64
	Time      time.Time
	Key       []byte // nil is null.
	Value     []byte // nil is null.
	Headers   []kafka.Header
}

// Header returns the value of the first header of that name, and whether there is one.
func (r *Record) Header(name string) (string, bool) {
	for i := range r.Headers {
		if r.Headers[i].Key == name {
			return string(r.Headers[i].Value), true
		}
	}
	return "", false
}

// Batch is what one fetch brought from one partition.
type Batch struct {
	Partition int
	// Records are in the order of their offsets; a batch of markers and aborted records has none.
	Records []Record
	// Next is the offset that will be read next: all visible records below it have been handed over.
	Next int64
}

// below returns the batch without what is at end or later.
func (b Batch) below(end int64) Batch {
	i, _ := slices.BinarySearchFunc(b.Records, end, func(r Record, end int64) int { return cmp.Compare(r.Offset, end) })
	b.Records = b.Records[:i]
	return b
}

// Follow reads all partitions of a topic from their first record on, as a consumer with read_committed does, and
// hands each batch to handle: one at a time and in order within a partition, concurrently over partitions. It
// returns when handle returns an error, with that, or when ctx ends, with its cause. Brokers that go away are
// waited for; an offset that the log no longer holds is an error.
//
// kafka-go's own Reader and Client.Fetch ask for read_committed and then hand out aborted records all the same:
// the protocol leaves it to the client to leave them out. Follow does that.
func Follow(ctx context.Context, bootstrap, topic string, handle func(Batch) error) error {
	c := newClient(bootstrap)
	defer c.Close()
	partitions, err := c.partitions(ctx, topic)
	if err != nil {
		return err
	}
	from := make(map[int]int64, len(partitions))
	for _, id := range partitions {
		from[id] = 0
	}
	return c.follow(ctx, topic, from, handle)
}

// follow is Follow for the partitions in from, from their offsets on.
func (c *client) follow(ctx context.Context, topic string, from map[int]int64, handle func(Batch) error) error {
	group, ctx := errgroup.WithContext(ctx)
	for id, next := range from {
		group.Go(func() error { return c.followPartition(ctx, topic, id, next, handle) })
	}
	return group.Wait()
}

// ReadAll returns the records of a topic that are visible with read_committed up to the ends its partitions have
// when it is called, ordered by partition and offset. It waits for transactions that are open there.
func ReadAll(ctx context.Context, bootstrap, topic string) ([]Record, error) {
	c := newClient(bootstrap)
	defer c.Close()
	var (
		mu  sync.Mutex
		all []Record
	)
	err := c.readToEnds(ctx, topic, func(b Batch) {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, b.Records...)
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b Record) int {
		return cmp.Or(cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Offset, b.Offset))
	})
	return all, nil
}

// readToEnds hands over what a topic's partitions hold up to the ends they have when it is called: concurrently
// over partitions, in order within one.
func (c *client) readToEnds(ctx context.Context, topic string, handle func(Batch)) error {
	partitions, err := c.partitions(ctx, topic)
	if err != nil {
		return err
	}
	ends, err := c.ends(ctx, topic, partitions)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for id, end := range ends {
		if end == 0 {
			continue
		}
		group.Go(func() error {
			err := c.followPartition(ctx, topic, id, 0, func(b Batch) error {
				handle(b.below(end))
				if b.Next >= end {
					return io.EOF
				}
				return nil
			})
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		})
	}
	return group.Wait()
}

// followPartition reads one partition from next on, until handle returns an error or ctx ends.
func (c *client) followPartition(ctx context.Context, topic string, id int, next int64, handle func(Batch) error) error {
	const redial = 100 * time.Millisecond
	for ctx.Err() == nil {
		answer, err := c.fetch(ctx, topic, id, next)
		if errors.Is(err, kafka.OffsetOutOfRange) {
			return fmt.Errorf("reading %s[%d] at %d: %w: the log was cut or the topic recreated", topic, id, next, err)
		}
		if err != nil {
			// The broker is away, or its answer was cut: whatever it is passes, or the caller's time does.
			if waitErr := pause(ctx, redial); waitErr != nil {
				return fmt.Errorf("reading %s[%d] at %d: %w", topic, id, next, errors.Join(waitErr, err))
			}
			continue
		}
		batch, err := committed(answer, id, next)
		if err != nil {
			return fmt.Errorf("reading %s[%d] at %d: %w", topic, id, next, err)
		}
		if batch.Next == next {
			continue
		}
		next = batch.Next
		if err := handle(batch); err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}
