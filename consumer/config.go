package consumer

import "time"

// Delivery is the guarantee for the published records.
type Delivery int

const (
	// ExactlyOnce publishes and commits offsets in one transaction.
	ExactlyOnce Delivery = iota
	// AtLeastOnce commits offsets after everything was acknowledged.
	AtLeastOnce
)

// String returns the name a pipeline file uses.
func (d Delivery) String() string {
	if d == AtLeastOnce {
		return "at_least_once"
	}
	return "exactly_once"
}

// Config says what a pipeline consumes and how. Zero values are the defaults;
// Group and Topics have none.
type Config struct {
	Kafka

	// Group is the consumer group. Required.
	Group string
	// Topics are the topics to consume. Required.
	Topics []string
	// Instance distinguishes this process from the other processes of the pipeline. It is part of the transactional ID,
	// with the name of the pipeline and the number of the worker: name/instance/worker. So permission for the prefix
	// "name/" is enough. It must stay the same after a restart, and no other process may use it at the same time.
	// Defaults to the host name; two processes on one host need one each.
	Instance string

	// Delivery defaults to ExactlyOnce.
	Delivery Delivery
	// Start is where the group begins with a topic that it has no committed
	// offset for. Partitions that are added to a topic later begin with their
	// oldest record. Defaults to earliest.
	Start Start

	// SessionTimeout is how long the group waits for a member that is silent.
	// Defaults to 10 s.
	SessionTimeout time.Duration
	// RebalanceTimeout is how long the group waits for a member that holds a batch. Defaults to the time that a batch
	// may take by RebalanceGrace, TransactionTimeout and CommitTimeout, at most 60 s. With ExactlyOnce and their
	// defaults this is 35 s.
	RebalanceTimeout time.Duration
	// RebalanceGrace is how long a rebalance waits for the lookups of a batch
	// before they are given up. Defaults to 5 s.
	RebalanceGrace time.Duration
	// TransactionTimeout is how long the broker lets a transaction last: a
	// batch must be published, and its transaction ended, within it. Defaults
	// to 10 s.
	TransactionTimeout time.Duration
	// CommitTimeout limits the publishing of one batch, and separately the end of its transaction. A transaction's
	// publishing is also given up after four fifths of TransactionTimeout, before the broker ends it, and its end after
	// twice TransactionTimeout. Defaults to 30 s.
	CommitTimeout time.Duration
	// StaticMembership keeps the partitions of a restarting member assigned to it until the session timeout. Defaults
	// to false.
	StaticMembership bool

	// MaxRecords closes a micro-batch. Defaults to 5000.
	MaxRecords int
	// MaxBytes closes a micro-batch with that many bytes of keys, values and headers. A batch may exceed it if record
	// sizes vary. Defaults to 8 MiB.
	MaxBytes int
	// Linger closes a micro-batch that long after the commit before it, so that a worker commits no more often. If that time has passed
	// when the first record arrives, or with a negative value, it takes only records that are already fetched. Defaults to 5 ms.
	Linger time.Duration
}
