// Package offsets shows where a group is in its topics, and plans where it is to go on.
package offsets

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/position"
	"github.com/loaderline/loaderline/internal/tail"
)

// Row is where a group is in a partition.
type Row struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	// Committed is nil where nothing is.
	Committed *int64 `json:"committed"`
	End       int64  `json:"end"`
	// Lag is how many offsets lie before the end, of the whole partition where nothing is committed.
	Lag int64 `json:"lag"`
	// Next is the time of the next record to be read, nil where there is none.
	Next *time.Time `json:"next_record,omitempty"`
}

// nextWait is how long is looked for the next records: where only transaction markers are left, none comes.
const nextWait = 3 * time.Second

// Show finds where a group is, in the order of topics and partitions.
func Show(ctx context.Context, kafka consumer.Kafka, group string, topics []string) ([]Row, error) {
	committed, err := consumer.Offsets(ctx, kafka, group)
	if err != nil {
		return nil, err
	}
	extents, err := consumer.Extents(ctx, kafka, topics...)
	if err != nil {
		return nil, err
	}
	var rows []Row
	for _, topic := range topics {
		positions := map[int32]int64{}
		for p, extent := range extents[topic] {
			if at, is := committed[topic][p]; is {
				positions[p] = at.At
			} else {
				positions[p] = extent.Start
			}
		}
		next, err := nextRecords(ctx, kafka, topic, positions, extents[topic])
		if err != nil {
			return nil, err
		}
		for _, p := range slices.Sorted(maps.Keys(positions)) {
			row := Row{Topic: topic, Partition: p, End: extents[topic][p].End, Lag: max(extents[topic][p].End-positions[p], 0)}
			if at, is := committed[topic][p]; is {
				row.Committed = &at.At
			}
			if t, is := next[p]; is {
				row.Next = &t
			}
			rows = append(rows, row)
		}
	}
	return rows, nil
}

var errAll = errors.New("each partition has given a record")

// nextRecords finds the times of the first records at positions.
func nextRecords(ctx context.Context, kafka consumer.Kafka, topic string, positions map[int32]int64, extents map[int32]consumer.Extent) (map[int32]time.Time, error) {
	from, to := map[int32]int64{}, map[int32]int64{}
	for p, position := range positions {
		if position < extents[p].End {
			from[p], to[p] = position, extents[p].End
		}
	}
	next := map[int32]time.Time{}
	if len(from) == 0 {
		return next, nil
	}
	ctx, cancel := context.WithTimeout(ctx, nextWait)
	defer cancel()
	err := tail.Read(ctx, tail.Config{
		Kafka: kafka, Topic: topic, From: position.Position{Kind: position.Partitions, At: from}, To: &position.Position{Kind: position.Partitions, At: to},
	}, func(r *kgo.Record) error {
		if _, is := next[r.Partition]; !is {
			next[r.Partition] = r.Timestamp
		}
		if len(next) == len(from) {
			return errAll
		}
		return nil
	})
	if errors.Is(err, errAll) {
		err = nil
	}
	return next, err
}

// Move is an offset that is to be set.
type Move struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	From      *int64 `json:"committed"` // nil: nothing is committed
	To        int64  `json:"to"`
}

// Plan finds the offsets that a position means in topics, or in one partition of them. Those that are not in the topic are
// a *position.RangeError.
func Plan(ctx context.Context, kafka consumer.Kafka, group string, topics []string, to position.Position, partition *int32) ([]Move, error) {
	committed, err := consumer.Offsets(ctx, kafka, group)
	if err != nil {
		return nil, err
	}
	opts, err := kafka.Options()
	if err != nil {
		return nil, err
	}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return nil, fmt.Errorf("kafka: create the client: %w", err)
	}
	defer client.Close()
	var moves []Move
	for _, topic := range topics {
		found, err := position.Resolver{Admin: kadm.NewClient(client), Topic: topic, Now: time.Now()}.Ranges(ctx, to, nil)
		if err != nil {
			return nil, err
		}
		for _, p := range slices.Sorted(maps.Keys(found)) {
			if partition != nil && p != *partition {
				continue
			}
			of := found[p]
			if of.From < of.Start || of.From > of.End {
				return nil, &position.RangeError{Text: fmt.Sprintf("topic %s partition %d has offsets %d to %d, and not %d: name a partition with its own offset, such as %d:%d, or earliest or latest",
					topic, p, of.Start, of.End, of.From, p, of.End)}
			}
			move := Move{Topic: topic, Partition: p, To: of.From}
			if at, is := committed[topic][p]; is {
				move.From = &at.At
			}
			moves = append(moves, move)
		}
	}
	if len(moves) == 0 && partition != nil {
		return nil, &position.RangeError{Text: fmt.Sprintf("there is no partition %d that %s means", *partition, to)}
	}
	return moves, nil
}
