package loaderline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
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

// Version is the version of this module, as dead letters have it.
const Version = "0.1.0"

// Record is a Kafka record. In a record that Encode returns, an empty Topic means the configured topic, a nil Key
// means the key of the input (with Sink.OwnKeys no key), and a zero Timestamp means its timestamp. Its Headers are added to
// the input's headers.
type Record = kgo.Record

// Failure is an error with which Decode or Encode set the details of a dead letter, such as its kind and stage.
type Failure = sink.Failure //nolint:errname // It is the outcome of a record first, and an error by the way.

// Tombstones says what happens to input records without a value, which have nothing to decode.
type Tombstones int

const (
	// DeadLetterTombstones treats them as events that cannot be decoded.
	DeadLetterTombstones Tombstones = iota
	// ForwardTombstones publishes them as they are.
	ForwardTombstones
	// DropTombstones drops and counts them.
	DropTombstones
)

// Retry says where events with a transient failure wait after the retries of their micro-batch have ended. They go
// through the topics in order, and then to the dead letters. With the zero value they go straight to the dead letters.
type Retry struct {
	Topics []RetryTopic
	// Unordered lets later events of a key overtake one that waits. Otherwise they wait behind it, so that the enriched
	// events of each key are in the order of the input. Events without a key never wait for others. Defaults to false.
	Unordered bool
	// MaxKeys is the number of keys of a partition that may wait before the partition of the input waits too. Defaults
	// to 100,000.
	MaxKeys int
}

// RetryTopic is a topic that belongs to this pipeline alone. It has the same number of partitions as the input topic.
type RetryTopic struct {
	Topic string
	// Delay is how long an event waits in it.
	Delay time.Duration
}

// maxMicroBatches is the most micro-batches of one transaction.
const maxMicroBatches = 4

// Config configures a pipeline over events of type E. Zero values are defaults where a field says so.
type Config[E any] struct {
	// Name is the pipeline's name, in transactional IDs, headers and logs. Defaults to the consumer group.
	Name string
	// Consumer says what to consume and how. Its Logger is not used: see Logger. One transaction has up to four
	// micro-batches of MaxRecords, with at most 5000 records in total, whose lookups run side by
	// side. With retry topics it has one micro-batch.
	Consumer consumer.Config
	// Sink says where to publish records.
	Sink sink.Config
	// Retry says where events wait for another attempt. It requires a single input topic. Defaults to no retry topics.
	Retry Retry
	// Workers is the number of sessions. Each has its own micro-batches, so the lookups of one run while another
	// commits. Defaults to 4.
	Workers int
	// Tombstones says what happens to records without a value. Defaults to DeadLetterTombstones.
	Tombstones Tombstones
	// MaxOutputBytes limits the records that a worker makes for one transaction and holds until it commits, in bytes
	// before compression. If micro-batches make more, their records are polled again in smaller batches. A single
	// record is always published. Defaults to 8 times Consumer.MaxBytes, or to 64 MiB if that is more.
	MaxOutputBytes int
	// DeadLetterLimit is the fraction of the latest events that may become dead letters, 0 to 1. If a micro-batch would
	// exceed it, it is not published, and Run returns an ErrDeadLetterLimit, so that a bad deploy does not turn a whole
	// topic into dead letters. The limit survives restarts. 1 or more means no limit. A negative limit allows no dead
	// letter at all, from the first event on. Defaults to 0.5.
	DeadLetterLimit float64
	// DeadLetterWindow is the number of latest events of a process over which DeadLetterLimit is computed. Until a
	// process has read that many, the limit is not enforced. Events from retry topics have the same limit and their own
	// window, in which each counts as the fraction of input events that were being retried when it was. Defaults to
	// 1000.
	DeadLetterWindow int
	// ShutdownTimeout limits the drain after the context of Run has ended. A quarter of it, at most 2 s, is for leaving
	// the group, and the rest is for work and commits. A negative value gives up the work in progress at once. Defaults
	// to 20 s.
	ShutdownTimeout time.Duration

	// Prepare is called with records that have a value, before Decode is called for any of them. It fetches what Decode needs to
	// know about them, such as their schemas, so that Decode need not wait for a service. Its error fails the whole micro-batch:
	// nothing is published, and no record becomes a dead letter. If the error wraps an ErrOutage of Rows.Err, for example of a Plan
	// that loads schemas, Run waits until that backend can be reached and polls the records again. Any other error ends Run. Prepare
	// must not change the records. Workers call it concurrently. Optional.
	Prepare func(context.Context, []*Record) error
	// Decode turns a record into an event. ErrFiltered leaves the event out. Any other error makes a dead letter, of kind
	// decode unless a *Failure says otherwise. Workers call it concurrently. It must not change the record; the event may
	// share the record's memory. Required.
	Decode func(Record) (E, error)
	// Plan loads what the events need. Required.
	Plan *stages.Plan[E]
	// Encode returns the records to publish for a row. No records drop the event. An error makes a dead letter, of kind
	// encode unless a *Failure says otherwise. Encode is called concurrently for rows of different runs. It may reuse
	// the returned slice for the next row of the same run, but not keys, values and headers. Required.
	Encode func(stages.Row[E]) ([]Record, error)

	// OnCommit is called with the tally of each micro-batch that was committed. Workers call it concurrently. Optional.
	OnCommit func(Tally)
	// OnAbort is called when a transaction, of one or several micro-batches, was not committed. Its records are polled again.
	// The reason is rebalance, outage (a source cannot be reached), shutdown (the drain was too short), refused (a broker
	// refused a record), overflow (more than MaxOutputBytes) or error. Workers call it concurrently. Optional.
	OnAbort func(reason string)
	// OnLimits receives, before the first event, a function that returns the largest record that a topic accepts, in
	// bytes of the whole record. Encode can use it to stop early. Optional.
	OnLimits func(maxMessageBytes func(topic string) int)
	// Logger defaults to none.
	Logger *slog.Logger
	// LogWords are texts whose words may appear in the log and in an ErrDeadLetterLimit: names of stages and sources,
	// paths, statements. An error of a source can contain keys, so the log keeps only these words of it, and words that
	// are common in messages of databases and services. Defaults to none.
	LogWords []string

	// New sets these fields. They replace Consumer, Sink and LogWords from then on.
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
	for i, topic := range c.Sink.Topics {
		if topic == "" || topic == c.Sink.DeadLetterTopic {
			problems = append(problems, fmt.Errorf("field Sink.Topics[%d] is topic %q; it is a topic for enriched records, and not that for dead letters", i, topic))
		}
	}
	for i, t := range c.Retry.Topics {
		if t.Topic == "" || t.Delay <= 0 || t.Topic == c.Sink.Topic || slices.Contains(c.Sink.Topics, t.Topic) || t.Topic == c.Sink.DeadLetterTopic {
			problems = append(problems, fmt.Errorf("field Retry.Topics[%d] is topic %q after %v; it needs its own topic and a delay above 0", i, t.Topic, t.Delay))
		}
	}
	if err := c.session.Validate(); err != nil {
		problems = append(problems, fmt.Errorf("field Consumer: %w", err))
	}
	return errors.Join(problems...)
}
