package sink

import (
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// defaultMaxMessageBytes is Kafka's own default of max.message.bytes.
const defaultMaxMessageBytes = 1_000_012

// Partition is how an enriched record finds its partition.
type Partition int

const (
	// ByKey leaves it to the producer: the record's Partition is negative.
	ByKey Partition = iota
	// BySource sets the partition of the input record.
	BySource
)

// Config is what a Sink needs.
type Config struct {
	// Pipeline and Version are named in dead letters.
	Pipeline string
	Version  string

	// Topic is where enriched records go that name no topic.
	Topic string
	// DeadLetterTopic is where dead letters go, to a partition by key.
	DeadLetterTopic string
	// Replay is the ID of the replay that makes the records. Defaults to none.
	Replay string
	// Partition is for enriched records. Defaults to ByKey.
	Partition Partition

	// MaxMessageBytes is max.message.bytes of a topic. Defaults to Kafka's
	// 1,000,012 for every topic.
	MaxMessageBytes func(topic string) int
	// Now is the clock for times of death. Defaults to time.Now.
	Now func() time.Time
}

// Sink makes records. It is safe for concurrent use.
type Sink struct {
	cfg   Config
	spare sync.Pool // of *Batch that were released
}

// New returns a Sink.
func New(cfg Config) *Sink {
	if cfg.MaxMessageBytes == nil {
		cfg.MaxMessageBytes = func(string) int { return defaultMaxMessageBytes }
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Sink{cfg: cfg}
}

// Enriched makes one record, as Batch.Enriched does for many.
func (s *Sink) Enriched(src *kgo.Record, out kgo.Record) (*kgo.Record, *Failure) {
	return s.Batch(1).Enriched(src, out)
}

// DeadLetter makes one record, as Batch.DeadLetter does for many.
func (s *Sink) DeadLetter(src *kgo.Record, f Failure) *kgo.Record {
	return s.Batch(1).DeadLetter(src, f)
}
