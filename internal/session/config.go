package session

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
)

// DefaultMaxRecords is the default of consumer.Config.MaxRecords.
const DefaultMaxRecords = 5000

// Config is what a Session needs. Zero values are the defaults; Group, Topics
// and, for consumer.ExactlyOnce, Name and Instance have none.
type Config struct {
	consumer.Config

	// Name, Instance and Worker form the transactional ID. It must be the same
	// after a restart and unlike that of any other session at the same time:
	// a session that opens ends what is left of its predecessor's transaction.
	Name   string
	Worker int

	// TopicIDs are the IDs that Topics and Retry.Topics must have: a session
	// that finds another ID fails with a *kafkaerr.TopicRecreatedError. Topics
	// that are not in the map may have any ID. Defaults to none.
	TopicIDs map[string][16]byte
	// Retry says where records of Topics wait for another try. Defaults to
	// nowhere.
	Retry Retry
	// Ends, by topic and partition, are the offsets before which reading stops.
	// A partition that is not among them is not read. Positions says how far the
	// others are. Defaults to reading on without end.
	Ends map[string]map[int32]int64

	// MaxPollRecords is the most records that Poll returns. Poll waits for
	// MaxRecords only; beyond that it takes what is already fetched. At least,
	// and by default, MaxRecords.
	MaxPollRecords int
	// Partition is how the published records find their partition. Defaults
	// to ByKey.
	Partition Partition
	// MaxMessageBytes is max.message.bytes of a topic that is published to.
	// It may be called by several goroutines. Defaults to
	// kafkaadmin.DefaultMaxMessageBytes for every topic.
	MaxMessageBytes func(topic string) int
	// ReachTimeout is how long Open tries to reach the cluster, and how long
	// CommitStart waits for a leader. Defaults to kafkaadmin.ReachTimeout.
	ReachTimeout time.Duration
	// SharedLog is the log of all clients of this process. Defaults to a log of
	// the session's own.
	SharedLog *kafkaadmin.SharedLog
}

func (c Config) withDefaults() Config {
	orDefault(&c.ReachTimeout, kafkaadmin.ReachTimeout)
	orDefault(&c.SessionTimeout, 10*time.Second)
	orDefault(&c.RebalanceGrace, 5*time.Second)
	orDefault(&c.TransactionTimeout, 10*time.Second)
	orDefault(&c.CommitTimeout, 30*time.Second)
	orDefault(&c.RebalanceTimeout, min(c.longestHold()+2*time.Second, time.Minute))
	orDefault(&c.MaxRecords, DefaultMaxRecords)
	c.MaxPollRecords = max(c.MaxPollRecords, c.MaxRecords)
	orDefault(&c.MaxBytes, 8<<20)
	orDefault(&c.Linger, 5*time.Millisecond)
	orDefault(&c.Retry.MaxKeys, DefaultMaxRetryKeys)
	if c.MaxMessageBytes == nil {
		c.MaxMessageBytes = func(string) int { return kafkaadmin.DefaultMaxMessageBytes }
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
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
	if _, err := kafkaadmin.Options(c.Kafka); err != nil {
		problems = append(problems, err)
	}
	if c.Group == "" {
		problems = append(problems, errors.New("field Group is required"))
	}
	if len(c.Topics) == 0 {
		problems = append(problems, errors.New("field Topics is required"))
	}
	if (c.Delivery == consumer.ExactlyOnce || c.StaticMembership) && (c.Name == "" || c.Instance == "") {
		problems = append(problems, errors.New("fields Name and Instance are required: they identify this session to the cluster"))
	}
	for _, limit := range []struct {
		name  string
		value int64
	}{
		{"Worker", int64(c.Worker) + 1},
		{"ReachTimeout", int64(c.ReachTimeout)},
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
	if c.Start.From == consumer.StartTime && c.Start.Time.IsZero() {
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

// publishTimeout bounds the publishing of one batch. What is left of a
// transaction's time is for its end: once the broker has ended it, the
// producer is fenced.
func (c Config) publishTimeout() time.Duration {
	if c.Delivery == consumer.AtLeastOnce {
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
	if c.Delivery == consumer.AtLeastOnce {
		return c.RebalanceGrace + 2*c.CommitTimeout
	}
	return c.RebalanceGrace + c.publishTimeout() + c.endTimeout()
}
