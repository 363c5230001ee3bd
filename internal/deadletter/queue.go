package deadletter

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/offsetexpr"
	"github.com/loaderline/loaderline/internal/topicread"
)

// Queue is the dead letters of a pipeline.
type Queue struct {
	Kafka    consumer.Kafka
	Topic    string   // of the dead letters
	Pipeline string   // its name
	Inputs   []string // its input topics
}

// selection is a range of the dead-letter topic that a filter was resolved to, and the ledger at that time.
type selection struct {
	queue  Queue
	filter Filter
	// from and to are partitions' offsets, which do not move while they are read twice.
	from, to offsetexpr.Position
	total    int64 // offsets in the range
	ledger   ledger
	// others counts dead letters of other pipelines, by pipeline, that were passed by.
	others map[string]int64
}

// choose resolves a filter. The end is the newest dead letter that is committed now, so that reading ends.
func (q Queue) choose(ctx context.Context, f Filter) (*selection, error) {
	if f.Pipeline == "" {
		f.Pipeline = q.Pipeline
	}
	s := &selection{queue: q, filter: f, others: map[string]int64{}}
	if _, err := kafkaadmin.Describe(ctx, q.Kafka, q.Topic); err != nil {
		return nil, err
	}
	return s, q.administer(func(admin *kadm.Client) error {
		from, to := f.positions()
		if to == nil {
			to = &offsetexpr.Position{Kind: offsetexpr.Latest}
		}
		ranges, err := offsetexpr.Resolver{Admin: admin, Topic: q.Topic, Now: time.Now()}.Ranges(ctx, from, to)
		if err != nil {
			return err
		}
		s.from = offsetexpr.Position{Kind: offsetexpr.Partitions, At: map[int32]int64{}}
		s.to = offsetexpr.Position{Kind: offsetexpr.Partitions, At: map[int32]int64{}}
		for partition, r := range ranges {
			first, last := max(r.From, r.Start), min(r.To, r.End)
			s.from.At[partition], s.to.At[partition] = first, last
			s.total += max(last-first, 0)
		}
		s.ledger, err = q.readLedger(ctx, admin.ListCommittedOffsets)
		if errors.Is(err, errNoLedger) {
			return nil // Nothing was done yet.
		}
		return err
	})
}

// administer lends a client for questions about the cluster.
func (q Queue) administer(use func(*kadm.Client) error) error {
	client, err := kafkaadmin.NewClient(q.Kafka)
	if err != nil {
		return err
	}
	defer client.Close()
	return use(kadm.NewClient(client))
}

// errLimit ends a reading that has what it wants.
var errLimit = errors.New("the limit is reached")

// each calls handle with the dead letters that are chosen, those of a partition in its order, and progress with how many offsets
// have been passed. ctx's end is an error.
func (s *selection) each(ctx context.Context, progress func(passed int64), handle func(Letter) error) error {
	clear(s.others)
	var passed int64
	chosen := 0
	err := topicread.Read(ctx, topicread.Config{Kafka: s.queue.Kafka, Topics: []string{s.queue.Topic}, From: s.from, To: &s.to}, func(r *kgo.Record) error {
		if passed++; progress != nil {
			progress(passed)
		}
		l := parse(r, s.queue.Inputs)
		if l.Pipeline != s.filter.Pipeline {
			s.others[l.Pipeline]++
			return nil
		}
		s.ledger.of(&l)
		if !s.filter.matches(l) {
			return nil
		}
		if err := handle(l); err != nil {
			return err
		}
		if chosen++; chosen == s.filter.Limit {
			return errLimit
		}
		return nil
	})
	if errors.Is(err, errLimit) {
		return nil
	}
	return errors.Join(err, context.Cause(ctx))
}

// Read calls handle with the dead letters that a filter chooses.
func (q Queue) Read(ctx context.Context, f Filter, handle func(Letter) error) error {
	s, err := q.choose(ctx, f)
	if err != nil {
		return err
	}
	return s.each(ctx, nil, handle)
}

func isUnknownTopic(err error) bool { return errors.Is(err, kerr.UnknownTopicOrPartition) }
