// Package topicread reads the records of topics that are committed, from one position to another or without end, and
// belongs to no group.
package topicread

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/nextrecord"
	"github.com/loaderline/loaderline/internal/offsetexpr"
)

// quiet is how long nothing comes before the partitions are asked whether there is anything to come. No request takes
// longer than that: a broker handles the requests of a connection in turn.
const quiet = 500 * time.Millisecond

// askTime is for how long the timestamps are asked for that the client cannot hold.
const askTime = 10 * time.Second

// errLimit ends a Read that has reached its limit.
var errLimit = errors.New("the limit is reached")

// Config says what is read. Zero values are defaults where a field says so.
type Config struct {
	Kafka consumer.Kafka
	// Topics are read side by side. All must be there.
	Topics []string
	// From is where to begin, in each topic. Defaults to the earliest record.
	From offsetexpr.Position
	// To is where to end, exclusive, in each topic. Defaults to following the topics.
	To *offsetexpr.Position
	// Limit ends after so many records. Defaults to no limit.
	Limit int
	// Now is what times ago are counted from. Defaults to time.Now.
	Now func() time.Time
	// Idle is called when everything fetched so far has been handled. Optional.
	Idle func() error
	// Waiting is called once, when the topics are followed and no more records come for now. Optional.
	Waiting func()
}

// Read calls handle with each committed record, in the order of its partition. It returns when To or Limit is reached, when ctx
// has ended (which is no error), or when handle returns an error. Errors: *kafkaerr.TopicMissingError;
// *kafkaerr.UnreachableError if the cluster does not respond for about 10 s at the start; *offsetexpr.RangeError if the
// positions make no range.
func Read(ctx context.Context, cfg Config, handle func(*kgo.Record) error) error {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Idle == nil {
		cfg.Idle = func() error { return nil }
	}
	ids, err := kafkaadmin.TopicIDs(ctx, cfg.Kafka, cfg.Topics...)
	if err != nil {
		return unlessEnded(ctx, err)
	}
	client, err := newClient(cfg)
	if err != nil {
		return err
	}
	defer client.Close()
	r := &reader{cfg: cfg, client: client, ids: map[string]kadm.TopicID{}, ranges: map[kadm.Partition]offsetexpr.Range{}, next: map[kadm.Partition]int64{}, handle: handle}
	now := cfg.Now()
	for _, topic := range cfg.Topics {
		r.ids[topic] = ids[topic]
		ranges, err := offsetexpr.Resolver{Admin: kadm.NewClient(client), Topic: topic, Now: now}.Ranges(ctx, cfg.From, cfg.To)
		if err != nil {
			return unlessEnded(ctx, err)
		}
		for number, of := range ranges {
			r.ranges[kadm.Partition{Topic: topic, Partition: number}] = of
		}
	}
	err = r.read(ctx)
	if errors.Is(err, errLimit) {
		err = nil
	}
	return err
}

// newClient is a client without a group. Control records are kept: they say, without a question, how far a partition is
// read where a range ends with records of aborted transactions.
func newClient(cfg Config) (*kgo.Client, error) {
	return kafkaadmin.NewClient(cfg.Kafka,
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.FetchMaxBytes(16<<20),
		kgo.FetchMaxWait(quiet),
		kgo.MaxDecompressBatchBytes(64<<20),
	)
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

// reader reads the ranges of the topics.
type reader struct {
	cfg     Config
	client  *kgo.Client
	ids     map[string]kadm.TopicID
	ranges  map[kadm.Partition]offsetexpr.Range // the partitions that are not read to their end
	next    map[kadm.Partition]int64            // the offset after the last record that came
	handle  func(*kgo.Record) error
	handled int // records handled
}

func (r *reader) read(ctx context.Context) error {
	start := map[string]map[int32]kgo.Offset{}
	for p, of := range r.ranges {
		// A range that begins before the oldest record or after the newest is read from there; what is not in it is left out.
		from := min(max(of.From, of.Start), of.End)
		if of.Empty() || from >= of.To {
			delete(r.ranges, p)
			continue
		}
		if start[p.Topic] == nil {
			start[p.Topic] = map[int32]kgo.Offset{}
		}
		start[p.Topic][p.Partition], r.next[p] = kgo.NewOffset().At(from), from
	}
	r.client.AddConsumePartitions(start)
	for len(r.ranges) > 0 {
		fetches, err := r.poll(ctx)
		if err != nil || ctx.Err() != nil {
			return unlessEnded(ctx, err)
		}
		switch none := fetches.NumRecords() == 0; {
		case none && r.cfg.To != nil:
			r.skipGaps(ctx)
		case none && r.cfg.Waiting != nil:
			r.cfg.Waiting()
			r.cfg.Waiting = nil
		}
		records := fetches.Records()
		if err := nextrecord.SetTimes(ctx, r.client, r.ids, records, askTime); err != nil {
			return errors.Join(unlessEnded(ctx, err), r.cfg.Idle())
		}
		for _, record := range records {
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

// poll waits for records. After a quiet time it returns none.
func (r *reader) poll(ctx context.Context) (kgo.Fetches, error) {
	wait, cancel := context.WithTimeout(ctx, quiet)
	defer cancel()
	fetches := r.client.PollFetches(wait)
	for _, e := range fetches.Errors() {
		if wait.Err() == nil || !errors.Is(e.Err, wait.Err()) {
			return nil, fmt.Errorf("read topic %s partition %d: %w", e.Topic, e.Partition, e.Err)
		}
	}
	return fetches, nil
}

// skipGaps ends ranges in which only offsets without a record are left. Where that cannot be found out now, it is tried again
// after the next quiet time.
func (r *reader) skipGaps(ctx context.Context) {
	topics, err := kadm.NewClient(r.client).ListTopics(ctx, r.cfg.Topics...)
	if err != nil {
		return
	}
	for p := range r.ranges {
		at := nextrecord.Position{Topic: p.Topic, ID: topics[p.Topic].ID, Partition: p.Partition, Offset: r.next[p]}
		if next, err := nextrecord.Next(ctx, r.client, at); err == nil {
			r.reached(p, next)
		}
	}
}

// record handles a record of a fetch, unless it is outside its partition's range.
func (r *reader) record(record *kgo.Record) error {
	p := kadm.Partition{Topic: record.Topic, Partition: record.Partition}
	of, reading := r.ranges[p]
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
	r.reached(p, record.Offset+1)
	return nil
}

// reached notes that everything of a partition before an offset was read.
func (r *reader) reached(p kadm.Partition, next int64) {
	r.next[p] = next
	if next >= r.ranges[p].To {
		delete(r.ranges, p)
		r.client.RemoveConsumePartitions(map[string][]int32{p.Topic: {p.Partition}})
	}
}
