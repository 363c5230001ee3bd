package deadletter

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/kafkaerr"
)

const (
	// transactionTimeout is when the broker ends the transaction of a writer that is gone, unless the next one does.
	transactionTimeout = 30 * time.Second
	// commitTime bounds the publishing of one transaction, and again its end.
	commitTime = 20 * time.Second
	// maxBatchBytes is the producer's own bound.
	maxBatchBytes = math.MaxInt32 / 2
)

// SupersededError says that another process has begun to change the dead letters of the same pipeline. What this one
// committed before stays.
type SupersededError struct{ Pipeline string }

// Error implements error.
func (e *SupersededError) Error() string {
	return fmt.Sprintf("another dlq command has begun to change the dead letters of pipeline %s, and continues where this one stopped", e.Pipeline)
}

// writer publishes in transactions. There is one for each pipeline in a cluster: one that opens ends what its predecessor
// left open, and stops it.
type writer struct {
	client   *kgo.Client
	pipeline string
}

// transactionalID begins as those of the pipeline's sessions do, so that the same right is enough, and is none of theirs.
func transactionalID(pipeline string) string {
	return strings.NewReplacer("%", "%25", "/", "%2F").Replace(pipeline) + "/dead-letters"
}

// openWriter returns when no transaction of a predecessor is open any more.
func openWriter(ctx context.Context, kafka consumer.Kafka, pipeline string, limit func(topic string) int) (*writer, error) {
	client, err := kafkaadmin.NewClient(kafka,
		kgo.TransactionalID(transactionalID(pipeline)),
		kgo.TransactionTimeout(transactionTimeout),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerLinger(0),
		kgo.ProducerBatchMaxBytesFn(func(topic string) int32 { return int32(min(max(limit(topic), 512), maxBatchBytes)) }),
	)
	if err != nil {
		return nil, err
	}
	if _, _, err := client.ProducerID(ctx); err != nil {
		client.Close()
		return nil, fmt.Errorf("get a producer for transactional ID %q: %w", transactionalID(pipeline), err)
	}
	return &writer{client: client, pipeline: pipeline}, nil
}

func (w *writer) close() { w.client.Close() }

// commit publishes records, all or none. Where it fails, whether they are published is in the ledger.
func (w *writer) commit(ctx context.Context, records []*kgo.Record) error {
	ctx = context.WithoutCancel(ctx) // A transaction that was begun is ended.
	if err := w.client.BeginTransaction(); err != nil {
		return w.failed("begin a transaction", err)
	}
	publishing, cancel := context.WithTimeout(ctx, commitTime)
	defer cancel()
	for _, result := range w.client.ProduceSync(publishing, records...) {
		if result.Err != nil {
			return w.failed("publish to topic "+result.Record.Topic, result.Err)
		}
	}
	ending, cancel := context.WithTimeout(ctx, commitTime)
	defer cancel()
	if err := w.client.EndTransaction(ending, kgo.TryCommit); err != nil {
		return w.failed("commit", err)
	}
	return nil
}

// failed ends the transaction, unless the identity is another process's by now, which an abort could take back.
func (w *writer) failed(op string, err error) error {
	if kafkaerr.IsProducerFenced(err) {
		return &SupersededError{Pipeline: w.pipeline}
	}
	ctx, cancel := context.WithTimeout(context.Background(), commitTime)
	defer cancel()
	_ = w.client.EndTransaction(ctx, kgo.TryAbort) // What matters has failed already; the broker aborts it otherwise.
	return fmt.Errorf("%s: %w", op, err)
}
