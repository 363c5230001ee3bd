package status

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/loaderline/loaderline/internal/nextrecord"
	"github.com/loaderline/loaderline/internal/opentxn"
)

// defaultOpenFor is how long a transaction must be open before it is reported: normal transactions may take as long.
const defaultOpenFor = 10 * time.Second

// ages reads the record that the group continues with, in each partition that it is behind in. Markers and aborted records
// never reach a reader, so they are no lag.
func (r *Reader) ages(ctx context.Context, report *Report) error {
	details, err := r.admin.ListTopics(ctx, r.file.Consumed()...)
	if err != nil {
		return fmt.Errorf("look the topics up: %w", err)
	}
	stable, err := r.admin.ListCommittedOffsets(ctx, r.file.Consumed()...)
	if err != nil {
		return fmt.Errorf("list the last stable offsets: %w", err)
	}
	var behind []*Partition
	var positions []nextrecord.Position
	for i := range report.Partitions {
		if p := &report.Partitions[i]; p.Lag > 0 {
			behind = append(behind, p)
			positions = append(positions, nextrecord.Position{Topic: p.Topic, Partition: int32(p.Partition), Offset: p.next})
		}
	}
	found, err := nextrecord.FindAll(ctx, r.client, details, positions)
	if err != nil {
		return err
	}
	open := kadm.TopicsSet{}
	for i, next := range found {
		p := behind[i]
		last, known := stable.Lookup(p.Topic, int32(p.Partition))
		switch {
		case !next.Time.IsZero():
			age := max(report.at.Sub(next.Time).Seconds(), 0)
			p.LagSeconds = &age
		case next.Offset >= p.End:
			p.Lag = 0
		case known && last.Err == nil && next.Offset >= last.Offset:
			open.Add(p.Topic, int32(p.Partition))
		}
	}
	report.Lag = 0
	for _, p := range report.Partitions {
		report.Lag += p.Lag
		if p.LagSeconds != nil && (report.LagSeconds == nil || *report.LagSeconds < *p.LagSeconds) {
			report.LagSeconds = p.LagSeconds
		}
	}
	r.blocked(ctx, report, open)
	return ctx.Err()
}

// blocked names the transactions that the group waits for, that keep changes of rows from the caches, or that readers of
// the output wait for. Transactions that this user may not see stay unknown.
func (r *Reader) blocked(ctx context.Context, report *Report, open kadm.TopicsSet) {
	topics := append(r.file.Cache.Invalidate.Topics(), r.file.OutputTopics()...)
	ends, err := r.admin.ListEndOffsets(ctx, topics...)
	stable, stableErr := r.admin.ListCommittedOffsets(ctx, topics...)
	if err == nil && stableErr == nil {
		ends.Each(func(end kadm.ListedOffset) {
			if last, ok := stable.Lookup(end.Topic, end.Partition); ok && last.Err == nil && end.Err == nil && last.Offset < end.Offset {
				open.Add(end.Topic, end.Partition)
			}
		})
	}
	if len(open) == 0 {
		return
	}
	found, err := opentxn.Find(ctx, r.admin, open)
	if err != nil {
		return
	}
	for _, t := range found {
		if report.at.Sub(t.Since) >= r.openFor {
			report.OpenTransactions = append(report.OpenTransactions, OpenTransaction{t, t.Command(r.file.Kafka.Brokers)})
		}
	}
}
