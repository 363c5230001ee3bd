package deadletter

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/envelope"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/sink"
)

// Redrive sends dead letters back to the input topics that they came from.
type Redrive struct {
	Queue

	Filter Filter
	// Fix makes a payload of a payload. Defaults to sending it as it was.
	Fix *Fix
	// Payload lets Fix see and make payloads that have a schema. Optional.
	Payload Payload
	// MaxRedrives is how often a dead letter may have come back. One that came back more often is parked.
	MaxRedrives int64
	// Rate is the most dead letters sent per second. Defaults to no limit.
	Rate float64
	// By is who does it, for the ledger.
	By string
	// Progress receives how many of the dead letters that Plan counted are done. Optional.
	Progress func(done int64)
	// LeftOpen is called with each dead letter that cannot be redriven, and why. Optional.
	LeftOpen func(Letter, error)
}

// Plan is what a redrive would do.
type Plan struct {
	Summary

	Redrive  int64 // how many go to their input topics
	Park     int64 // how many go to the parking topic
	LeftOpen int64 // how many cannot be redriven

	chosen *selection
	topics map[string]kafkaadmin.TopicInfo
}

// Outcome is what a redrive, or a dismissal, did.
type Outcome struct {
	Redriven  int64 `json:"redriven"`
	Parked    int64 `json:"parked"`
	Dismissed int64 `json:"dismissed"`
	Reopened  int64 `json:"reopened"`
	LeftOpen  int64 `json:"left_open"`
}

// Plan looks at the dead letters that are chosen and changes nothing. Each is called with what would be published for them;
// it may be nil, and so may progress.
func (r Redrive) Plan(ctx context.Context, progress Progress, each func(*kgo.Record) error) (Plan, error) {
	var p Plan
	var err error
	if p.chosen, err = r.choose(ctx, r.Filter); err != nil {
		return p, err
	}
	if p.topics, err = kafkaadmin.Describe(ctx, r.Kafka, r.Inputs...); err != nil {
		return p, err
	}
	p.Others = p.chosen.others
	all := groups{}
	err = p.chosen.each(ctx, p.chosen.report(progress), func(l Letter) error {
		all.add(l)
		p.Count++
		record, err := r.outcome(ctx, l, p.topics)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case isRegistry(err):
			return err
		case err != nil:
			p.LeftOpen++
			r.leftOpen(l, err)
			return nil
		case record.Topic == ParkingTopic(r.Topic):
			p.Park++
		default:
			p.Redrive++
		}
		if each == nil {
			return nil
		}
		return each(record)
	})
	p.Groups = all.sorted()
	return p, err
}

// Run does what Plan has planned, except for what another process has done since. When ctx ends, it ends after the
// current transaction. Errors: *SupersededError; those of Kafka. What the outcome counts is committed, whatever the error.
func (r Redrive) Run(ctx context.Context, p Plan) (Outcome, error) {
	if p.Park > 0 {
		spec := kafkaadmin.TopicSpec{Name: ParkingTopic(r.Topic), Partitions: parkingPartitions}
		if err := r.ensure(ctx, spec); err != nil {
			return Outcome{}, err
		}
	}
	c, err := r.change(ctx, p.chosen, r.By)
	if err != nil {
		return Outcome{}, err
	}
	defer c.close()
	c.limit(r.Rate)
	c.progress = r.Progress
	err = p.chosen.each(ctx, nil, func(l Letter) error {
		record, err := r.outcome(ctx, l, p.topics)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case isRegistry(err):
			return err
		case err != nil:
			c.done.LeftOpen++
			r.leftOpen(l, err)
			return nil
		case record.Topic == ParkingTopic(r.Topic):
			return c.add(ctx, l, Parked, record)
		default:
			return c.add(ctx, l, Redriven, record)
		}
	})
	if err == nil {
		err = c.flush(ctx)
	}
	return c.done, err
}

func (r Redrive) leftOpen(l Letter, err error) {
	if r.LeftOpen != nil {
		r.LeftOpen(l, err)
	}
}

// parkingPartitions is how many the parking topic is created with. It is read by people.
const parkingPartitions = 1

// outcome is what is published for a dead letter: it goes to the parking topic where it came back too often, and otherwise
// to its input topic.
func (r Redrive) outcome(ctx context.Context, l Letter, topics map[string]kafkaadmin.TopicInfo) (*kgo.Record, error) {
	if l.State != Parked && l.Redrives > r.MaxRedrives {
		return &kgo.Record{Topic: ParkingTopic(r.Topic), Key: l.Record.Key, Value: l.Record.Value, Headers: l.Record.Headers}, nil
	}
	to := l.First()
	if !slices.Contains(r.Inputs, to.Topic) {
		return nil, fmt.Errorf("it came from topic %q, which is not an input topic of this pipeline", to.Topic)
	}
	event, err := r.event(ctx, l)
	if err != nil {
		return nil, err
	}
	record := &kgo.Record{Topic: to.Topic, Key: event.Key, Value: event.Value, Headers: redrivenHeaders(event.Headers, to, l.Redrives+1)}
	if r.Fix != nil {
		if record.Value, err = r.fixed(ctx, l, event); err != nil {
			return nil, err
		}
	}
	info := topics[to.Topic]
	if size := envelope.WireSize(record); size > info.MaxMessageBytes {
		return nil, fmt.Errorf("it has %d bytes, more than the %d that topic %s takes", size, info.MaxMessageBytes, to.Topic)
	}
	record.Partition = partitionOf(record, to, info.Partitions)
	return record, nil
}

// partitionOf is where the record was, with the other records of its key, whatever the way in which its producer chooses
// partitions. Where the topic does not have that partition, it is the one of the key.
func partitionOf(r *kgo.Record, first Place, partitions int) int32 {
	if first.Partition >= 0 && int(first.Partition) < partitions {
		return first.Partition
	}
	return int32(kgo.StickyKeyPartitioner(nil).ForTopic(r.Topic).Partition(r, partitions))
}

// redrivenHeaders are those of the event, and where it was first.
func redrivenHeaders(of []kgo.RecordHeader, first Place, redrives int64) []kgo.RecordHeader {
	all := make([]kgo.RecordHeader, 0, len(of)+5)
	for _, h := range of {
		if !isOwn(h.Key) {
			all = append(all, h)
		}
	}
	decimal := func(n int64) []byte { return strconv.AppendInt(nil, n, 10) }
	return append(all,
		kgo.RecordHeader{Key: sink.HeaderOriginTopic, Value: []byte(first.Topic)},
		kgo.RecordHeader{Key: sink.HeaderOriginPartition, Value: decimal(int64(first.Partition))},
		kgo.RecordHeader{Key: sink.HeaderOriginOffset, Value: decimal(first.Offset)},
		kgo.RecordHeader{Key: sink.HeaderOriginTimestamp, Value: decimal(first.Time.UnixMilli())},
		kgo.RecordHeader{Key: sink.HeaderRedrives, Value: decimal(redrives)},
	)
}
