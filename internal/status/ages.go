package status

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/gap"
)

// ageTime is how long the records at the committed offsets are waited for. Where only markers of transactions or aborted
// records are left there is none to come.
const ageTime = 2 * time.Second

// ages reads the record that the group goes on with in each partition that it is behind in. Where no such record comes, its
// age stays unknown, and offsets that will never give one are no lag.
func (r *Reader) ages(ctx context.Context, report *Report) error {
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
	if err := skipGaps(ctx, client, behind); err != nil {
		return err
	}
	report.Lag = 0
	for _, p := range report.Partitions {
		report.Lag += p.Lag
	}
	return ctx.Err()
}

type name struct {
	topic     string
	partition int32
}

// skipGaps takes from the lag of partitions what will never give a record.
func skipGaps(ctx context.Context, client *kgo.Client, silent map[name]*Partition) error {
	if len(silent) == 0 {
		return nil
	}
	var names []string
	for of := range silent {
		names = append(names, of.topic)
	}
	topics, err := kadm.NewClient(client).ListTopics(ctx, names...)
	if err != nil {
		return fmt.Errorf("look the topics up: %w", err)
	}
	for of, p := range silent {
		next, err := gap.Next(ctx, client, gap.Position{Topic: of.topic, ID: topics[of.topic].ID, Partition: of.partition, Offset: p.next})
		if err != nil {
			return fmt.Errorf("look for the next record of topic %s partition %d: %w", of.topic, of.partition, err)
		}
		p.Lag = max(p.End-next, 0)
	}
	return nil
}
