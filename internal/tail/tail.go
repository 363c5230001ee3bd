// Package tail reads the records of a topic that are committed, from one position to another or without end, and
// belongs to no group.
package tail

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/position"
)

// errLimit ends a Read that has reached its limit.
var errLimit = errors.New("the limit is reached")

// Config says what is read. Zero values are defaults where a field says so.
type Config struct {
	Kafka consumer.Kafka
	// Topic must be there.
	Topic string
	// From is where to begin. Defaults to the earliest record.
	From position.Position
	// To is where to end, exclusive. Defaults to following the topic.
	To *position.Position
	// Limit ends after so many records. Defaults to no limit.
	Limit int
	// Now is what times ago are counted from. Defaults to time.Now.
	Now func() time.Time
	// Idle is called when everything fetched so far has been handled. Optional.
	Idle func() error
}

// Read calls handle with each record that is committed, in the order of its partition, until To or Limit is
// reached, ctx has ended (which is no error), or handle answers an error. A topic that is not there is a *consumer.TopicMissingError, a cluster that does not answer for about 10 s at start a
// *consumer.UnreachableError, and positions that make no range a *position.RangeError.
func Read(ctx context.Context, cfg Config, handle func(*kgo.Record) error) error {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Idle == nil {
		cfg.Idle = func() error { return nil }
	}
	if _, err := consumer.Describe(ctx, cfg.Kafka, cfg.Topic); err != nil {
		return unlessEnded(ctx, err)
	}
	client, err := newClient(cfg)
	if err != nil {
		return err
	}
	defer client.Close()
	resolver := position.Resolver{Admin: kadm.NewClient(client), Topic: cfg.Topic, Now: cfg.Now()}
	ranges, err := resolver.Ranges(ctx, cfg.From, cfg.To)
	if err != nil {
		return unlessEnded(ctx, err)
	}
	r := &reader{cfg: cfg, client: client, ranges: ranges, handle: handle}
	err = r.read(ctx)
	if errors.Is(err, errLimit) {
		err = nil
	}
	return err
}

// newClient is a client without a group. Control records are kept: they say how far a partition is read where a range
// ends with records of aborted transactions.
func newClient(cfg Config) (*kgo.Client, error) {
	opts, err := cfg.Kafka.Options()
	if err != nil {
		return nil, err
	}
	client, err := kgo.NewClient(append(opts,
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.FetchMaxBytes(16<<20),
		kgo.MaxDecompressBatchBytes(64<<20),
	)...)
	if err != nil {
		return nil, fmt.Errorf("kafka: create the client: %w", err)
	}
	return client, nil
}

// unlessEnded is err, but nil where it may only say that ctx has ended.
func unlessEnded(ctx context.Context, err error) error {
	select {
	case <-ctx.Done():
		return nil
	default:
		return err
	}
}

// reader reads the ranges of one topic.
type reader struct {
	cfg     Config
	client  *kgo.Client
	ranges  map[int32]position.Range // those that are not read to their end
	handle  func(*kgo.Record) error
	handled int // records handled
}

func (r *reader) read(ctx context.Context) error {
	start := map[int32]kgo.Offset{}
	for partition, of := range r.ranges {
		// A range that begins before the oldest record or after the newest is read from there; what is not in it is left out.
		from := min(max(of.From, of.Start), of.End)
		if of.Empty() || from >= of.To {
			delete(r.ranges, partition)
			continue
		}
		start[partition] = kgo.NewOffset().At(from)
	}
	r.client.AddConsumePartitions(map[string]map[int32]kgo.Offset{r.cfg.Topic: start})
	for len(r.ranges) > 0 {
		fetches := r.client.PollFetches(ctx)
		if ctx.Err() != nil {
			return nil
		}
		for _, e := range fetches.Errors() {
			return fmt.Errorf("read topic %s partition %d: %w", e.Topic, e.Partition, e.Err)
		}
		for record := range fetches.RecordsAll() {
			if err := r.record(record); err != nil {
				return errors.Join(err, r.cfg.Idle())
			}
		}
		if err := r.cfg.Idle(); err != nil {
			return err
		}
	}
	return nil
}

// record handles a record of a fetch, unless it is outside its partition's range.
func (r *reader) record(record *kgo.Record) error {
	of, reading := r.ranges[record.Partition]
	if !reading {
		return nil
	}
	if record.Offset >= of.From && record.Offset < of.To && !record.Attrs.IsControl() {
		if err := r.handle(record); err != nil {
			return err
		}
		r.handled++
		if r.cfg.Limit > 0 && r.handled >= r.cfg.Limit {
			return errLimit
		}
	}
	if record.Offset+1 >= of.To {
		delete(r.ranges, record.Partition)
		r.client.RemoveConsumePartitions(map[string][]int32{r.cfg.Topic: {record.Partition}})
	}
	return nil
}
