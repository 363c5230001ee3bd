package session

import (
	"math"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
)

const (
	maxDecompressBatchBytes = 64 << 20
	maxConcurrentFetches    = 8
	minFetchBytes           = 1 << 20
	maxFetchBytes           = 32 << 20
	partitionFetchBytes     = 1 << 20
	fetchMaxWait            = 500 * time.Millisecond
	// metadataMaxAge bounds how long new partitions go unnoticed.
	metadataMaxAge     = 30 * time.Second
	minBufferedRecords = 50_000
)

// clientOptions holds what this package relies on. Memory is bounded by what
// is fetched ahead: at most maxConcurrentFetches answers of about MaxBytes, one
// for each broker, with partitionFetchBytes for each partition, and each
// compressed batch in them by maxDecompressBatchBytes.
func (c Config) clientOptions() []kgo.Opt {
	opts := []kgo.Opt{
		kgo.ConsumerGroup(c.Group),
		kgo.ConsumeTopics(c.topics()...),
		kgo.Balancers(balancer(c.Retry)),
		kgo.SessionTimeout(c.SessionTimeout),
		kgo.HeartbeatInterval(min(c.SessionTimeout/5, 3*time.Second)),
		kgo.RebalanceTimeout(c.RebalanceTimeout),
		kgo.BlockRebalanceOnPoll(),
		kgo.DisableAutoCommit(),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),

		// Start offsets are resolved before anything is fetched; a partition
		// that is without one all the same, or whose offset is out of range,
		// is an error and never a silent reset.
		kgo.ConsumeStartOffset(kgo.NoResetOffset().AtCommitted()),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),

		kgo.MetadataMaxAge(metadataMaxAge),
		kgo.FetchMaxWait(fetchMaxWait),
		kgo.FetchMaxBytes(c.fetchBytes()),
		kgo.FetchMaxPartitionBytes(partitionFetchBytes),
		kgo.MaxConcurrentFetches(maxConcurrentFetches),
		kgo.MaxDecompressBatchBytes(maxDecompressBatchBytes),

		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerLinger(0),
		kgo.RecordPartitioner(c.Partition.partitioner()),
		kgo.ProducerBatchMaxBytesFn(c.batchMaxBytes),
		// A batch's outcomes are in memory anyway, so a burst of them is not
		// made to wait; a larger one waits for acknowledgements.
		kgo.MaxBufferedRecords(max(minBufferedRecords, 2*c.MaxPollRecords)),
	}
	if c.Delivery == consumer.ExactlyOnce {
		opts = append(opts, kgo.TransactionalID(c.identity()), kgo.TransactionTimeout(c.TransactionTimeout))
	}
	if c.StaticMembership {
		opts = append(opts, kgo.InstanceID(c.identity()))
	}
	return opts
}

// fetchBytes is the most that a fetch asks for.
func (c Config) fetchBytes() int32 { return int32(min(max(c.MaxBytes, minFetchBytes), maxFetchBytes)) }

// batchMaxBytes keeps to the limits that the client accepts.
func (c Config) batchMaxBytes(topic string) int32 {
	if topic == "" {
		return kafkaadmin.DefaultMaxMessageBytes
	}
	return int32(min(max(c.MaxMessageBytes(topic), 512), math.MaxInt32/2))
}
