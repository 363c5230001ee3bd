package status

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// ageTime is how long the records at the committed offsets are waited for. Where only markers of transactions or aborted
// records are left there is none to come.
const ageTime = 2 * time.Second

// ages reads the record that the group goes on with in each partition that it is behind in. Where no such record comes, its
// age stays unknown.
func (r *Reader) ages(ctx context.Context, report *Report) error {
	type name struct {
		topic     string
		partition int32
	}
	behind := map[name]*Partition{}
	from := map[string]map[int32]kgo.Offset{}
	for i := range report.Partitions {
		p := &report.Partitions[i]
		if p.Lag == 0 {
			continue
		}
		if from[p.Topic] == nil {
			from[p.Topic] = map[int32]kgo.Offset{}
		}
		from[p.Topic][int32(p.Partition)] = kgo.NewOffset().At(p.next)
		behind[name{p.Topic, int32(p.Partition)}] = p
	}
	if len(behind) == 0 {
		return nil
	}
	opts, err := r.kafka.Options()
	if err != nil {
		return err
	}
	client, err := kgo.NewClient(append(opts,
		kgo.ConsumePartitions(from), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.FetchMaxPartitionBytes(1), kgo.FetchMaxWait(ageTime/4), // A broker gives one batch at least.
	)...)
	if err != nil {
		return fmt.Errorf("make a Kafka client: %w", err)
	}
	defer client.Close()
	wait, cancel := context.WithTimeout(ctx, ageTime)
	defer cancel()
	for len(behind) > 0 && wait.Err() == nil {
		client.PollFetches(wait).EachRecord(func(record *kgo.Record) {
			of := name{record.Topic, record.Partition}
			p := behind[of]
			if p == nil {
				return
			}
			delete(behind, of)
			age := max(report.at.Sub(record.Timestamp).Seconds(), 0)
			p.LagSeconds = &age
			if report.LagSeconds == nil || *report.LagSeconds < age {
				report.LagSeconds = &age
			}
		})
	}
	return ctx.Err()
}
