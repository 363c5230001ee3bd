// Package offsets shows where a group is in its topics, and plans where it continues.
package offsets

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/nextrecord"
	"github.com/loaderline/loaderline/internal/offsetexpr"
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

// Show finds where a group is, in the order of topics and partitions. Markers of transactions and aborted records never
// reach a reader. They are no lag if nothing else is left.
func Show(ctx context.Context, kafka consumer.Kafka, group string, topics []string) ([]Row, error) {
	committed, err := kafkaadmin.Offsets(ctx, kafka, group)
	if err != nil {
		return nil, err
	}
	client, err := kafkaadmin.NewClient(kafka)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	extents, err := kafkaadmin.WrittenExtents(ctx, kadm.NewClient(client), topics...)
	if err != nil {
		return nil, err
	}
	var rows []Row
	var positions []nextrecord.Position
	for _, topic := range topics {
		for _, p := range slices.Sorted(maps.Keys(extents[topic])) {
			extent := extents[topic][p]
			row, from := Row{Topic: topic, Partition: p, End: extent.End}, extent.Start
			if at, is := committed[topic][p]; is {
				row.Committed, from = &at.At, at.At
			}
			row.Lag = max(row.End-from, 0)
			rows = append(rows, row)
			positions = append(positions, nextrecord.Position{Topic: topic, Partition: p, Offset: from})
		}
	}
	return rows, look(ctx, client, topics, rows, positions)
}

// look finds the next records at the positions of rows.
func look(ctx context.Context, client *kgo.Client, topics []string, rows []Row, positions []nextrecord.Position) error {
	details, err := kadm.NewClient(client).ListTopics(ctx, topics...)
	if err != nil {
		return fmt.Errorf("look the topics up: %w", err)
	}
	found, err := nextrecord.FindAll(ctx, client, details, positions)
	if err != nil {
		return err
	}
	for i := range rows {
		switch row := &rows[i]; {
		case row.Lag == 0:
		case !found[i].Time.IsZero():
			row.Next = &found[i].Time
		case found[i].Offset >= row.End:
			row.Lag = 0
		}
	}
	return nil
}

// Move is an offset that is to be set.
type Move struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	From      *int64 `json:"committed"` // nil: nothing is committed
	To        int64  `json:"to"`
}

// Plan finds the offsets that a position means in topics, or in one partition of them. Offsets that are not in the topic are
// a *offsetexpr.RangeError.
func Plan(ctx context.Context, kafka consumer.Kafka, group string, topics []string, to offsetexpr.Position, partition *int32) ([]Move, error) {
	committed, err := kafkaadmin.Offsets(ctx, kafka, group)
	if err != nil {
		return nil, err
	}
	client, err := kafkaadmin.NewClient(kafka)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	var moves []Move
	for _, topic := range topics {
		found, err := offsetexpr.Resolver{Admin: kadm.NewClient(client), Topic: topic, Now: time.Now()}.Ranges(ctx, to, nil)
		if err != nil {
			return nil, err
		}
		for _, p := range slices.Sorted(maps.Keys(found)) {
			if partition != nil && p != *partition {
				continue
			}
			of := found[p]
			if of.From < of.Start || of.From > of.End {
				return nil, &offsetexpr.RangeError{Text: fmt.Sprintf("topic %s partition %d has offsets %d to %d, and not %d: name a partition with its own offset, such as %d:%d, or earliest or latest",
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
		return nil, &offsetexpr.RangeError{Text: fmt.Sprintf("position %s does not include partition %d", to, *partition)}
	}
	return moves, nil
}
