// Package replaydiff finds out what to read again, and what would be published for it that differs from what was.
package replaydiff

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/offsetexpr"
	"github.com/loaderline/loaderline/internal/replaystate"
	"github.com/loaderline/loaderline/replay"
)

// Ranges are parts of topics, by topic and partition.
type Ranges = map[string]map[int32]replay.Range

// Resolve finds the offsets of topics from a position up to another at this moment. Notes say what was perhaps meant to
// be part of them. Positions that make no range are a *offsetexpr.RangeError, and records that retention has removed a
// *replaystate.RemovedError.
func Resolve(ctx context.Context, kafka consumer.Kafka, topics []string, from, to offsetexpr.Position) (ranges Ranges, notes []string, err error) {
	client, err := kafkaadmin.NewClient(kafka)
	if err != nil {
		return nil, nil, err
	}
	defer client.Close()
	ranges = Ranges{}
	now := time.Now()
	for _, topic := range topics {
		found, err := offsetexpr.Resolver{Admin: kadm.NewClient(client), Topic: topic, Now: now}.Ranges(ctx, from, &to)
		if err != nil {
			return nil, nil, err
		}
		ranges[topic] = map[int32]replay.Range{}
		for _, p := range slices.Sorted(maps.Keys(found)) {
			of := found[p]
			part := replay.Range{From: of.From, To: min(of.To, of.End)}
			if part.Len() == 0 {
				part.From = min(part.From, part.To)
				part.To = part.From
			} else if part.From < of.Start {
				return nil, nil, &replaystate.RemovedError{Topic: topic, Partition: p, Range: part, Start: of.Start}
			}
			ranges[topic][p] = part
			if _, ofTime := from.Moment(now); ofTime && of.Start > 0 && of.From == of.Start {
				notes = append(notes, fmt.Sprintf("topic %s partition %d begins at offset %d: retention has removed earlier records, perhaps also after %s", topic, p, of.Start, from))
			}
			if to.Kind == offsetexpr.Offset && of.End < of.To && of.From < of.End {
				notes = append(notes, fmt.Sprintf("topic %s partition %d ends at offset %d", topic, p, of.End))
			}
		}
	}
	return ranges, notes, nil
}

// Row is a range of one partition.
type Row struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	replay.Range

	Offsets int64 `json:"offsets"`
}

// Rows are ranges in order, and how many offsets they have in all.
func Rows(ranges Ranges) (rows []Row, total int64) {
	for _, topic := range slices.Sorted(maps.Keys(ranges)) {
		for _, p := range slices.Sorted(maps.Keys(ranges[topic])) {
			of := ranges[topic][p]
			rows = append(rows, Row{Topic: topic, Partition: p, Range: of, Offsets: of.Len()})
			total += of.Len()
		}
	}
	return rows, total
}
