package offsetexpr

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/loaderline/loaderline/internal/kafkaadmin"
)

// Range is the records of one partition from an offset up to another, which is not part of it; To may be Never.
type Range struct {
	From, To int64
	// Start is the offset of the oldest record, and End the one after the newest that is committed, when they were asked for.
	Start, End int64
}

// Empty reports whether no record can be in the range.
func (r Range) Empty() bool { return r.From >= r.To }

// Resolver asks a cluster for the offsets that positions mean.
type Resolver struct {
	Admin *kadm.Client
	Topic string
	// Now is the moment that times ago are counted from, and that no end may lie after.
	Now time.Time
}

// Ranges returns the records between two positions, by partition. A nil to means no end. If a position names partitions, the
// others are left out.
func (r Resolver) Ranges(ctx context.Context, from Position, to *Position) (map[int32]Range, error) {
	if to != nil {
		if at, ok := to.Moment(r.Now); ok && at.After(r.Now) {
			return nil, &RangeError{Text: fmt.Sprintf("the end %s lies in the future: leave it out to follow the topic", to)}
		}
	}
	extents, err := kafkaadmin.CommittedExtents(ctx, r.Admin, r.Topic)
	if err != nil {
		return nil, err
	}
	starts, ends := map[int32]int64{}, map[int32]int64{}
	for partition, extent := range extents[r.Topic] {
		starts[partition], ends[partition] = extent.Start, extent.End
	}
	first, err := r.at(ctx, from, starts, ends)
	if err != nil {
		return nil, err
	}
	last := map[int32]int64{}
	if to != nil {
		if last, err = r.at(ctx, *to, starts, ends); err != nil {
			return nil, err
		}
	}
	ranges := map[int32]Range{}
	for partition, offset := range first {
		end, named := last[partition]
		switch {
		case to == nil:
			end = Never
		case !named:
			continue
		}
		ranges[partition] = Range{From: offset, To: end, Start: starts[partition], End: ends[partition]}
	}
	if len(ranges) == 0 {
		return nil, &RangeError{Text: fmt.Sprintf("%s and %s have no partition in common", from, to)}
	}
	return ranges, nil
}

// RangeError says that two positions make no range of the topic.
type RangeError struct{ Text string }

func (e *RangeError) Error() string { return e.Text }

// at finds the offsets of a position.
func (r Resolver) at(ctx context.Context, p Position, starts, ends map[int32]int64) (map[int32]int64, error) {
	switch p.Kind {
	case Earliest:
		return starts, nil
	case Latest:
		return ends, nil
	case Partitions:
		for partition := range p.At {
			if _, ok := starts[partition]; !ok {
				return nil, &RangeError{Text: fmt.Sprintf("%s: topic %s has no partition %d; it has 0 to %d", p, r.Topic, partition, len(starts)-1)}
			}
		}
		return p.At, nil
	case Time, Ago:
		moment, _ := p.Moment(r.Now)
		return r.after(ctx, moment, ends)
	default:
		all := make(map[int32]int64, len(starts))
		for partition := range starts {
			all[partition] = p.Offset
		}
		return all, nil
	}
}

// after finds the first offset of each partition whose record is of a moment or later. Without such a record the brokers name
// the end of what was written, which may lie behind the end of what is committed.
func (r Resolver) after(ctx context.Context, moment time.Time, ends map[int32]int64) (map[int32]int64, error) {
	listed, err := kafkaadmin.CompleteOffsets(ctx, func(ctx context.Context, topics ...string) (kadm.ListedOffsets, error) {
		return r.Admin.ListOffsetsAfterMilli(ctx, moment.UnixMilli(), topics...)
	}, r.Topic)
	if err != nil {
		return nil, err
	}
	found := make(map[int32]int64, len(ends))
	listed.Each(func(o kadm.ListedOffset) { found[o.Partition] = min(o.Offset, ends[o.Partition]) })
	return found, nil
}
