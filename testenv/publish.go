package testenv

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/segmentio/kafka-go"
	"golang.org/x/sync/errgroup"
)

// PublishConfig configures [Publish].
type PublishConfig struct {
	// Kafka is the bootstrap address, host:port. Required.
	Kafka string
	// Topic is where the events go. Required.
	Topic string
	// Rate is the number of events a second. Defaults to 0, as many as the broker takes. With a rate, an event's
	// timestamp is the time it was due, however late it is sent.
	Rate float64
}

// Published is what [Publish] sent.
type Published struct {
	Records int
	Elapsed time.Duration
}

// Publish sends events and returns once all in-sync replicas have them. The partition is Kafka's murmur2 of the
// key, as Java's clients choose it (events without a key go to one partition), and the order within a partition is
// that of the sequence. A batch is sent again only where its broker refused it for not being the leader. Any other error ends
// the sending: what was sent before stays, and a batch whose answer was lost may be there.
func Publish(ctx context.Context, config PublishConfig, events iter.Seq[Event]) (Published, error) {
	begin := time.Now()
	c := newClient(config.Kafka)
	defer c.Close()
	ids, err := c.partitions(ctx, config.Topic)
	if err != nil {
		return Published{}, err
	}
	group, ctx := errgroup.WithContext(ctx)
	p := &publisher{ids: ids, pending: make(map[int]*pendingBatch, len(ids))}
	for _, id := range ids {
		batches := make(chan []kafka.Record, 2)
		p.pending[id] = &pendingBatch{to: batches}
		group.Go(func() error { return c.produce(ctx, config.Topic, id, batches) })
	}
	sent, err := p.sendAll(ctx, events, config.Rate)
	for _, batch := range p.pending {
		close(batch.to)
	}
	// The group's error is the cause where a broker's refusal ended the sending.
	if waitErr := group.Wait(); waitErr != nil {
		err = waitErr
	}
	if err != nil {
		return Published{}, fmt.Errorf("publishing to %s: %w", config.Topic, err)
	}
	return Published{Records: sent, Elapsed: time.Since(begin)}, nil
}

// produce sends the batches of one partition, one after the other.
func (c *client) produce(ctx context.Context, topic string, id int, batches <-chan []kafka.Record) error {
	for records := range batches {
		err := c.produceBatch(ctx, topic, id, records)
		for refused(err) {
			if err = pause(ctx, 50*time.Millisecond); err == nil {
				err = c.produceBatch(ctx, topic, id, records)
			}
		}
		if err != nil {
			return fmt.Errorf("partition %d: %w", id, err)
		}
	}
	return nil
}

// produceBatch sends one batch.
func (c *client) produceBatch(ctx context.Context, topic string, id int, records []kafka.Record) error {
	answer, err := c.Produce(ctx, &kafka.ProduceRequest{
		Topic: topic, Partition: id, RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(records...),
	})
	if err != nil {
		return err
	}
	return answer.Error
}

// refused reports whether a broker said that it is not the leader, and so has written nothing.
func refused(err error) bool {
	return errors.Is(err, kafka.NotLeaderForPartition) || errors.Is(err, kafka.LeaderNotAvailable)
}

// pendingBatch collects records of one partition.
type pendingBatch struct {
	records []kafka.Record
	bytes   int
	to      chan<- []kafka.Record
}

// publisher sorts events into batches. It lives for one call of Publish.
type publisher struct {
	ids     []int
	pending map[int]*pendingBatch
}

// sendAll hands all events to the partitions and returns how many there were.
func (p *publisher) sendAll(ctx context.Context, events iter.Seq[Event], rate float64) (int, error) {
	const (
		tick       = 5 * time.Millisecond
		maxRecords = 4_000
		maxBytes   = 512 << 10
	)
	// Consistent: without it events that have no key would scatter by a random number.
	balancer := kafka.Murmur2Balancer{Consistent: true}
	begin := time.Now()
	sent := 0
	for event := range events {
		record := kafka.Record{
			Key: kafka.NewBytes(event.Key), Value: kafka.NewBytes(event.Value), Headers: event.Headers,
		}
		if rate > 0 {
			record.Time = begin.Add(time.Duration(float64(sent) / rate * float64(time.Second)))
			if early := time.Until(record.Time); early > 0 {
				if err := errors.Join(p.flushAll(ctx), pause(ctx, max(early, tick))); err != nil {
					return sent, err
				}
			}
		}
		batch := p.pending[balancer.Balance(kafka.Message{Key: event.Key}, p.ids...)]
		size := len(event.Key) + len(event.Value)
		// A large record goes alone: brokers limit the size of a batch.
		if len(batch.records) >= maxRecords || batch.bytes+size > maxBytes {
			if err := p.flush(ctx, batch); err != nil {
				return sent, err
			}
		}
		batch.records = append(batch.records, record)
		batch.bytes += size
		sent++
	}
	return sent, p.flushAll(ctx)
}

// flushAll hands over what is pending.
func (p *publisher) flushAll(ctx context.Context) error {
	for _, id := range p.ids {
		if err := p.flush(ctx, p.pending[id]); err != nil {
			return err
		}
	}
	return nil
}

// flush hands over what is pending of one partition.
func (p *publisher) flush(ctx context.Context, b *pendingBatch) error {
	if len(b.records) == 0 {
		return nil
	}
	select {
	case b.to <- b.records:
		b.records, b.bytes = nil, 0
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
