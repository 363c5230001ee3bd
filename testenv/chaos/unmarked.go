package chaos

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// abortedWithin is how long the brokers leave a transaction open at most: they look every ten seconds for those that are older
	// than the transaction timeout.
	abortedWithin = 2 * (transactionTimeout + 10*time.Second)
	// attempts is how often a round is run in which the brokers do not do so.
	attempts = 3
)

// Run runs one round and gives its result; the error is of what should have been done and could not be.
//
// A broker that dies while it ends a transaction may never end it in all partitions: Kafka 4.4.0 has recorded in __transaction_state
// that a commit is complete, 13 seconds after its preparation and after a start in between, and had written the marker to neither
// of its two partitions. Readers of committed records then wait for ever, and so does a group whose offsets were part of it, whatever
// the pipeline does. Such a round shows nothing, so it is run again.
func Run(ctx context.Context, w *World, s Scenario, o Options) (Result, error) {
	var repeated []string
	for attempt := 1; ; attempt++ {
		result, unmarked, err := run(ctx, w, s, o, attempt)
		result.Repeated = repeated
		if err != nil || len(unmarked) == 0 || attempt == attempts {
			return result, err
		}
		o.Log.WarnContext(ctx, "the brokers left transactions open: the round is run again", slog.String("scenario", s.Name), slog.Any("transactions", unmarked))
		repeated = append(repeated, unmarked...)
	}
}

// findUnmarked notes the transactions of the round that the brokers should have ended and have not.
func (r *Round) findUnmarked() {
	if r.foreign != nil {
		return // It is open because the round wants it so.
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.running), 10*time.Second)
	defer cancel()
	found, err := unmarked(ctx, r.kafka, time.Now().Add(-abortedWithin), append([]string{"__consumer_offsets"}, r.topics...))
	if err != nil {
		r.log.Warn("open transactions are not known", slog.Any("error", err))
	}
	r.unmarked = append(r.unmarked, found...)
}

// unmarked returns the transactions in topics that have been open since before a time.
func unmarked(ctx context.Context, broker string, before time.Time, topics []string) ([]string, error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(broker))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	set := kadm.TopicsSet{}
	for _, topic := range topics {
		set.Add(topic) // All partitions.
	}
	described, err := kadm.NewClient(client).DescribeProducers(ctx, set)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, topic := range described.Sorted() {
		for _, partition := range topic.Partitions.Sorted() {
			for _, p := range partition.ActiveProducers.Sorted() {
				if last := time.UnixMilli(p.LastTimestamp); p.CurrentTxnStartOffset >= 0 && last.Before(before) {
					found = append(found, fmt.Sprintf("producer %d, epoch %d: %s[%d] from offset %d on, since %s",
						p.ProducerID, p.ProducerEpoch, p.Topic, p.Partition, p.CurrentTxnStartOffset, last.UTC().Format(time.RFC3339)))
				}
			}
		}
	}
	return found, nil
}
