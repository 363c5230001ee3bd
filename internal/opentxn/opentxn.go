// Package opentxn finds the transaction that keeps readers of committed records waiting: the last stable offset of a
// partition stands still until it ends. A producer that died leaves a transaction open until its transaction timeout, and in
// some cases for ever.
package opentxn

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
)

// Unknown is the ID of a producer that nobody can name.
const Unknown = -1

// Transaction is one that is open in a partition.
type Transaction struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	// Offset is the offset of its first record, where readers wait.
	Offset     int64 `json:"offset"`
	ProducerID int64 `json:"producer_id"`
	// ID is its transactional ID; empty if this user may not see it.
	ID string `json:"transactional_id,omitempty"`
	// Since is when it began, or else when its producer last published to the partition, or else zero.
	Since time.Time `json:"since"`
}

// String names the transaction and the time since when it is open.
func (t Transaction) String() string {
	text := fmt.Sprintf("a transaction of producer %d", t.ProducerID)
	if t.ProducerID == Unknown {
		text = "a transaction whose producer cannot be found"
	}
	if t.ID != "" {
		text += fmt.Sprintf(" (transactional ID %q)", t.ID)
	}
	text += fmt.Sprintf(" is open in %s[%d] from offset %d on", t.Topic, t.Partition, t.Offset)
	if !t.Since.IsZero() {
		text += ", since " + t.Since.UTC().Format(time.RFC3339)
	}
	return text
}

// Command ends the transaction with Kafka's own tools, if its producer is gone.
func (t Transaction) Command(brokers []string) string {
	return fmt.Sprintf("kafka-transactions.sh --bootstrap-server %s abort --topic %s --partition %d --start-offset %d",
		strings.Join(brokers, ","), t.Topic, t.Partition, t.Offset)
}

// Find returns the oldest open transaction of each of the partitions that has one. It needs the right to read the
// topics, as readers do; the rest of a Transaction is filled in as far as the user may see it.
func Find(ctx context.Context, admin *kadm.Client, partitions kadm.TopicsSet) ([]Transaction, error) {
	found, err := Open(ctx, admin, partitions)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	identify(ctx, admin, found)
	return found, nil
}

// Open is Find without what only the coordinators know: there is no ID, and Since is when the producer last published to
// the partition.
func Open(ctx context.Context, admin *kadm.Client, partitions kadm.TopicsSet) ([]Transaction, error) {
	described, err := admin.DescribeProducers(ctx, partitions)
	if err != nil {
		return nil, fmt.Errorf("look for open transactions: %w", err)
	}
	var found []Transaction
	for _, topic := range described.Sorted() {
		for _, p := range topic.Partitions.Sorted() {
			if t, open := oldest(p); open {
				found = append(found, t)
			}
		}
	}
	return found, nil
}

// oldest is the transaction of a partition that began first.
func oldest(p kadm.DescribedProducersPartition) (first Transaction, open bool) {
	for _, producer := range p.ActiveProducers {
		start := producer.CurrentTxnStartOffset
		if start < 0 || open && start >= first.Offset {
			continue
		}
		first, open = Transaction{Topic: p.Topic, Partition: p.Partition, Offset: start, ProducerID: producer.ProducerID}, true
		if producer.LastTimestamp > 0 {
			first.Since = time.UnixMilli(producer.LastTimestamp)
		}
	}
	return first, open
}

// identify adds what the transactions' coordinators know. The rest stays unknown.
func identify(ctx context.Context, admin *kadm.Client, found []Transaction) {
	producers := make([]int64, len(found))
	for i := range found {
		producers[i] = found[i].ProducerID
	}
	listed, err := admin.ListTransactions(ctx, producers, nil)
	if err != nil || len(listed) == 0 {
		return
	}
	ids := make(map[int64]string, len(listed))
	var names []string
	listed.Each(func(t kadm.ListedTransaction) {
		ids[t.ProducerID] = t.TxnID
		names = append(names, t.TxnID)
	})
	described, err := admin.DescribeTransactions(ctx, names...)
	for i := range found {
		found[i].ID = ids[found[i].ProducerID]
		if t, ok := described[found[i].ID]; err == nil && ok && t.Err == nil && t.StartTimestamp > 0 {
			found[i].Since = time.UnixMilli(t.StartTimestamp)
		}
	}
}
