package chaos

import (
	"context"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/opentxn"
)

const (
	// abortedWithin is twice as long as the brokers take to abort a transaction that its producer does not end. They look every ten
	// seconds for transactions that are older than the transaction timeout.
	abortedWithin = 2 * (transactionTimeout + 10*time.Second)
	// attempts bounds how often a round is run if the brokers leave transactions open.
	attempts = 3
)

// Run runs one round and returns its result. It returns an error if the round could not be run.
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

// unmarked returns the open transactions in topics whose producers last published before a time.
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
	open, err := opentxn.Open(ctx, kadm.NewClient(client), set)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, t := range open {
		if t.Since.Before(before) {
			found = append(found, t.String())
		}
	}
	return found, nil
}
