package consumer

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// DefaultMaxMessageBytes is Kafka's own default of max.message.bytes, assumed
// where the topic's configuration may not be read.
const DefaultMaxMessageBytes = 1_000_012

// DefaultMaxRecords is how many records a micro-batch has at most.
const DefaultMaxRecords = 5000

// Delivery is the guarantee between the input and what is published.
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

// Config is what a Session needs. Zero values are the defaults; Group, Topics
// and, for ExactlyOnce, Name and Instance have none.
type Config struct {
	Kafka

	// Group is the consumer group. Required.
	Group string
	// Topics are the topics to consume. Required.
	Topics []string
	// TopicIDs are the IDs that Topics and Retry.Topics must have: a session
	// that finds another ID fails with a *TopicRecreatedError. Topics that are
	// not in the map may have any ID. Defaults to none.
	TopicIDs map[string][16]byte
	// Retry says where records of Topics wait for another try. Defaults to
	// nowhere.
	Retry Retry

	// Name, Instance and Worker form the transactional ID. It must be the same
	// after a restart and unlike that of any other session at the same time:
	// a session that opens ends what is left of its predecessor's transaction.
	// It is name/instance/worker, so a right to the prefix "name/" is enough.
	Name     string
	Instance string
	Worker   int

	// Delivery defaults to ExactlyOnce.
	Delivery Delivery
	// Start is where the group begins with a topic that it has no committed
	// offset for. Partitions that are added to a topic later begin with their oldest
	// record. Defaults to earliest.
	Start Start
	// Ends, by topic and partition, are the offsets before which reading stops.
	// A partition that is not among them is not read. Positions says how far the
	// others are. Defaults to reading on without end.
	Ends map[string]map[int32]int64

	// SessionTimeout is how long the group waits for a member that is silent.
	// Defaults to 10 s.
	SessionTimeout time.Duration
	// RebalanceTimeout is how long the group waits for a member that holds a
	// batch. Defaults to what a batch may take by RebalanceGrace,
	// TransactionTimeout and CommitTimeout, 60 s at most: 35 s by their defaults
	// with ExactlyOnce.
	RebalanceTimeout time.Duration
	// RebalanceGrace is how long a rebalance waits for the batch at hand
	// before the context of Working ends. Defaults to 5 s.
	RebalanceGrace time.Duration
	// TransactionTimeout is how long the broker lets a transaction last: a
	// batch must be published, and its transaction ended, within it. Defaults
	// to 10 s.
	TransactionTimeout time.Duration
	// CommitTimeout bounds the publishing of one batch, and again the end of
	// its transaction. A transaction's publishing is also given up after four
	// fifths of TransactionTimeout, before the broker ends it, and its end
	// after twice TransactionTimeout. Defaults to 30 s.
	CommitTimeout time.Duration
	// StaticMembership keeps a restarted member's partitions for it until the
	// session timeout. Defaults to false.
	StaticMembership bool

	// MaxRecords closes a micro-batch. Defaults to DefaultMaxRecords.
	MaxRecords int
	// MaxPollRecords is the most records that Poll returns: beyond MaxRecords,
	// what is there without waiting. Defaults to MaxRecords, which is also the
	// least.
	MaxPollRecords int
	// MaxBytes closes a micro-batch that holds as much in keys, values and
	// headers. It may be exceeded where sizes vary. Defaults to 8 MiB.
	MaxBytes int
	// Linger closes a micro-batch that long after its first record. Defaults
	// to 20 ms; negative takes only what is there.
	Linger time.Duration

	// Partition is how the published records find their partition. Defaults
	// to ByKey.
	Partition Partition
	// MaxMessageBytes is max.message.bytes of a topic that is published to.
	// It may be called by several goroutines. Defaults to
	// DefaultMaxMessageBytes for every topic.
	MaxMessageBytes func(topic string) int
}

func (c Config) withDefaults() Config {
	orDefault(&c.SessionTimeout, 10*time.Second)
	orDefault(&c.RebalanceGrace, 5*time.Second)
	orDefault(&c.TransactionTimeout, 10*time.Second)
	orDefault(&c.CommitTimeout, 30*time.Second)
	orDefault(&c.RebalanceTimeout, min(c.longestHold()+2*time.Second, time.Minute))
	orDefault(&c.MaxRecords, DefaultMaxRecords)
	c.MaxPollRecords = max(c.MaxPollRecords, c.MaxRecords)
	orDefault(&c.MaxBytes, 8<<20)
	orDefault(&c.Linger, 20*time.Millisecond)
	orDefault(&c.Retry.MaxKeys, DefaultMaxRetryKeys)
	if c.MaxMessageBytes == nil {
		c.MaxMessageBytes = func(string) int { return DefaultMaxMessageBytes }
	}
	c.Logger = c.logger()
	return c
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Validate reports every problem of a Config at once, as Open does, and
// connects to nothing.
func (c Config) Validate() error {
	c = c.withDefaults()
	var problems []error
	if _, err := c.Options(); err != nil {
		problems = append(problems, err)
	}
	if c.Group == "" {
		problems = append(problems, errors.New("field Group is required"))
	}
	if len(c.Topics) == 0 {
		problems = append(problems, errors.New("field Topics is required"))
	}
	if (c.Delivery == ExactlyOnce || c.StaticMembership) && (c.Name == "" || c.Instance == "") {
		problems = append(problems, errors.New("fields Name and Instance are required: they identify this session to the cluster"))
	}
	for _, limit := range []struct {
		name  string
		value int64
	}{
		{"Worker", int64(c.Worker) + 1},
		{"SessionTimeout", int64(c.SessionTimeout)},
		{"RebalanceTimeout", int64(c.RebalanceTimeout)},
		{"RebalanceGrace", int64(c.RebalanceGrace)},
		{"TransactionTimeout", int64(c.TransactionTimeout)},
		{"CommitTimeout", int64(c.CommitTimeout)},
		{"MaxRecords", int64(c.MaxRecords)},
		{"MaxBytes", int64(c.MaxBytes)},
	} {
		if limit.value <= 0 {
			problems = append(problems, fmt.Errorf("field %s is negative", limit.name))
		}
	}
	problems = append(problems, c.validateRetry())
	if c.Start.From == StartTime && c.Start.Time.IsZero() {
		problems = append(problems, errors.New("field Start has no Time"))
	}
	return errors.Join(problems...)
}

// identity is the transactional ID, and the group instance ID of a static
// member. No two combinations of its parts give the same.
func (c Config) identity() string {
	part := strings.NewReplacer("%", "%25", "/", "%2F")
	return fmt.Sprintf("%s/%s/%d", part.Replace(c.Name), part.Replace(c.Instance), c.Worker)
}

// ClientID is the client ID of the session: loaderline-INSTANCE, by which the
// sessions of one process are told from others, or loaderline without Instance.
// An option in Opts replaces it.
func (c Config) ClientID() string {
	if c.Instance == "" {
		return clientID
	}
	return clientID + "-" + c.Instance
}

// publishTimeout bounds the publishing of one batch. What is left of a
// transaction's time is for its end: once the broker has ended it, the
// producer is fenced.
func (c Config) publishTimeout() time.Duration {
	if c.Delivery == AtLeastOnce {
		return c.CommitTimeout
	}
	return min(c.CommitTimeout, c.TransactionTimeout*4/5)
}

// endTimeout bounds the end of a transaction. Long after the broker has ended
// it there is nothing to wait for: a client that has lost its membership while
// a batch is held would wait for its own heartbeat, which never comes.
func (c Config) endTimeout() time.Duration { return min(c.CommitTimeout, 2*c.TransactionTimeout) }

// longestHold is how long a batch may keep a rebalance waiting.
func (c Config) longestHold() time.Duration {
	if c.Delivery == AtLeastOnce {
		return c.RebalanceGrace + 2*c.CommitTimeout
	}
	return c.RebalanceGrace + c.publishTimeout() + c.endTimeout()
}
