package loaderline

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/deadletterlimit"
	"github.com/loaderline/loaderline/internal/envelope"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/safeerr"
	"github.com/loaderline/loaderline/internal/session"
	"github.com/loaderline/loaderline/sink"
	"github.com/loaderline/loaderline/stages"
)

// Version is the version of this module, as it stands in dead letters.
const Version = "0.1.0"

// Record is a Kafka record. Of one that Encode returns, an empty Topic is the configured one, a nil Key and a zero
// Timestamp are the input's, and Headers are added to the input's.
type Record = kgo.Record

// Failure is an error by which Decode or Encode say more about a dead letter than its text: its kind, its stage.
type Failure = sink.Failure //nolint:errname // It is the outcome of a record first, and an error by the way.

// Tombstones says what becomes of input records without a value, which have nothing to decode.
type Tombstones int

const (
	// DeadLetterTombstones treats them as events that cannot be decoded.
	DeadLetterTombstones Tombstones = iota
	// ForwardTombstones publishes them as they are.
	ForwardTombstones
	// DropTombstones drops them; they are counted.
	DropTombstones
)

// Retry says where events wait whose failure is transient, when the retries of their micro-batch have ended. They go through
// the topics in order, and then to the dead letters. The zero value is straight to the dead letters.
type Retry struct {
	Topics []RetryTopic
	// Unordered lets later events of a key pass one that waits. Otherwise they wait behind it, so that what is enriched is
	// in the order of the input for each key. Events without a key are never held back.
	Unordered bool
	// MaxKeys is how many keys of a partition may wait, before its input waits too. Defaults to
	// 100,000.
	MaxKeys int
}

// RetryTopic is a topic of this pipeline alone, with as many partitions as the input topic.
type RetryTopic struct {
	Topic string
	// Delay is how long an event waits in it.
	Delay time.Duration
}

// maxMicroBatches is the most micro-batches of one transaction.
const maxMicroBatches = 4

// Config is a pipeline over events of type E. Zero values are defaults where a field says so.
type Config[E any] struct {
	// Name is the pipeline's name, in transactional IDs, headers and logs. Defaults to the consumer group.
	Name string
	// Consumer says what is consumed and how. Its Logger is not used: see Logger. One transaction has up to four micro-batches
	// of its MaxRecords, at most 5000 records, which have their lookups side by side. It has one
	// micro-batch if there are retry topics.
	Consumer consumer.Config
	// Sink says where records go.
	Sink sink.Config
	// Retry says where events wait for another try; it takes one input topic. Defaults to nowhere.
	Retry Retry
	// Workers is the number of sessions, each with micro-batches of its own; one's lookups run while another
	// commits. Defaults to 4.
	Workers int
	// Tombstones says what becomes of records without a value. Defaults to DeadLetterTombstones.
	Tombstones Tombstones
	// MaxOutputBytes bounds what a worker makes for one transaction and holds until it is committed, in bytes before
	// compression. Micro-batches that make more are given back, and fewer records are taken for a time; one record alone is
	// always published. Defaults to 8 times Consumer.MaxBytes, and 64 MiB at least.
	MaxOutputBytes int
	// DeadLetterLimit is the share of the latest events that may be dead letters, 0 to 1. A micro-batch that would exceed it
	// is not published, and Run returns an ErrDeadLetterLimit: a wrong deploy must not drain a topic into the dead
	// letters. It holds over restarts. 1 or more means no limit. A negative limit allows no dead letter at all, from the first
	// event on. Defaults to 0.5.
	DeadLetterLimit float64
	// DeadLetterWindow is how many of the latest events of a process DeadLetterLimit is a share of; there is no limit
	// before as many have been read. What comes out of retry topics has the same limit and a window of its own, in
	// which it weighs as much as what was retried did among all events. Defaults to 1000.
	DeadLetterWindow int
	// ShutdownTimeout bounds the drain after the context of Run has ended: a quarter of it, 2 s at most, is for leaving the
	// group, the rest for work and commits. A negative value gives up the work at hand at once. Defaults to 20 s.
	ShutdownTimeout time.Duration

	// Decode makes an event of a record; an error is a dead letter of kind decode. It is called concurrently and must not
	// change the record, whose memory the event may share. Required.
	Decode func(Record) (E, error)
	// Plan loads what the events need. Required.
	Plan *stages.Plan[E]
	// Encode makes the records to publish for a row: none drops the event, and an error is a dead letter, of kind encode
	// or what a *Failure says. It is called concurrently for rows of different runs. The slice is read before it is called
	// for the next row of the same run, and may be used again then; keys, values and headers may not. Required.
	Encode func(stages.Row[E]) ([]Record, error)

	// OnCommit is called with the tally of each micro-batch that was committed. Workers call it concurrently. Optional.
	OnCommit func(Tally)
	// OnAbort is called when a transaction, of one or several micro-batches, was not committed. Its records are polled again.
	// The reason is rebalance, outage (a source cannot be reached), shutdown (the drain was too short), refused (a broker
	// refused a record), overflow (more than MaxOutputBytes) or error. Workers call it concurrently. Optional.
	OnAbort func(reason string)
	// OnLimits is called by Run before the first event with the function that tells what a topic takes at most, in bytes
	// of a whole record, for an Encode that would not make in vain what is larger. Optional.
	OnLimits func(maxMessageBytes func(topic string) int)
	// Logger defaults to none.
	Logger *slog.Logger
	// LogWords are texts whose words may stand in the log and in an ErrDeadLetterLimit: names of stages and sources, paths,
	// statements. An error of a source can hold keys. The log keeps only these words of it, and words that messages of databases
	// and services consist of. Defaults to none.
	LogWords []string

	// New sets these. They replace Consumer, Sink and LogWords from then on.
	session  session.Config
	envelope envelope.Config
	words    safeerr.Words
}

// withDefaults fills the zero fields.
func (c Config[E]) withDefaults() (Config[E], error) {
	if c.Name == "" {
		c.Name = c.Consumer.Group
	}
	if c.Workers == 0 {
		c.Workers = 4
	}
	if c.Consumer.MaxRecords == 0 {
		c.Consumer.MaxRecords = session.DefaultMaxRecords
	}
	if c.MaxOutputBytes == 0 {
		c.MaxOutputBytes = max(8*c.Consumer.MaxBytes, 64<<20)
	}
	switch {
	case c.DeadLetterLimit == 0:
		c.DeadLetterLimit = deadletterlimit.DefaultShare
	case c.DeadLetterLimit < 0:
		c.DeadLetterLimit = 0
	}
	if c.DeadLetterWindow == 0 {
		c.DeadLetterWindow = deadletterlimit.DefaultWindow
	}
	switch {
	case c.ShutdownTimeout == 0:
		c.ShutdownTimeout = 20 * time.Second
	case c.ShutdownTimeout < 0:
		c.ShutdownTimeout = 0
	}
	c.words = safeerr.NewWords(c.LogWords...)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.OnCommit == nil {
		c.OnCommit = func(Tally) {}
	}
	if c.OnAbort == nil {
		c.OnAbort = func(string) {}
	}
	if c.Consumer.Instance == "" {
		host, err := os.Hostname()
		if err != nil {
			return c, fmt.Errorf("the host has no name; set Consumer.Instance: %w", err)
		}
		c.Consumer.Instance = host
	}
	c.Consumer.Logger = c.Logger
	c.session, c.envelope = c.sessions(), envelope.Config{Config: c.Sink, Pipeline: c.Name, Version: Version}
	return c, nil
}

// sessions returns what the sessions of all workers have in common.
func (c Config[E]) sessions() session.Config {
	s := session.Config{Config: c.Consumer, Name: c.Name, Retry: c.Retry.consumed(), Partition: session.ByKey}
	s.Kafka, s.SharedLog = kafkaadmin.ShareLog(c.Consumer.Kafka) // The workers are one process to whoever reads the log.
	s.MaxPollRecords = min(maxMicroBatches*c.Consumer.MaxRecords, session.DefaultMaxRecords)
	if len(c.Retry.Topics) > 0 {
		s.MaxPollRecords = 0 // A record that must wait is known only after the records before it.
	}
	if c.Sink.Partition == sink.BySource || len(c.Retry.Topics) > 0 {
		s.Partition = session.Preset
	}
	return s
}

// validate reports all problems at once.
func (c Config[E]) validate() error {
	var problems []error
	for _, required := range []struct {
		missing bool
		field   string
	}{
		{c.Sink.Topic == "", "Sink.Topic"},
		{c.Sink.DeadLetterTopic == "", "Sink.DeadLetterTopic"},
		{c.Decode == nil, "Decode"},
		{c.Plan == nil, "Plan"},
		{c.Encode == nil, "Encode"},
	} {
		if required.missing {
			problems = append(problems, fmt.Errorf("field %s is required", required.field))
		}
	}
	if c.Workers < 0 {
		problems = append(problems, fmt.Errorf("field Workers is %d; it is at least 1", c.Workers))
	}
	if c.MaxOutputBytes < 0 {
		problems = append(problems, fmt.Errorf("field MaxOutputBytes is %d; it is at least 1", c.MaxOutputBytes))
	}
	if c.DeadLetterWindow < 0 {
		problems = append(problems, fmt.Errorf("field DeadLetterWindow is %d; it is at least 1", c.DeadLetterWindow))
	}
	for i, t := range c.Retry.Topics {
		if t.Topic == "" || t.Delay <= 0 || t.Topic == c.Sink.Topic || t.Topic == c.Sink.DeadLetterTopic {
			problems = append(problems, fmt.Errorf("field Retry.Topics[%d] is topic %q after %v; it has a topic of its own and a delay above 0", i, t.Topic, t.Delay))
		}
	}
	if err := c.session.Validate(); err != nil {
		problems = append(problems, fmt.Errorf("field Consumer: %w", err))
	}
	return errors.Join(problems...)
}
