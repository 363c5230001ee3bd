// Package envelope makes the records that a pipeline publishes: the enriched
// record of an input record, its dead letter, or its record in a retry topic.
// It touches no network.
//
// Records share the memory of the input's key, value and headers, and must be
// treated as read-only, as must the input.
package envelope

import (
	"sync"
	"time"

	"github.com/loaderline/loaderline/sink"
)

// Config is what an Envelope needs.
type Config struct {
	sink.Config

	// Pipeline and Version are named in dead letters.
	Pipeline string
	Version  string
	// Replay is the ID of the replay that makes the records. Defaults to none.
	Replay string
	// MaxMessageBytes is max.message.bytes of a topic. Required.
	MaxMessageBytes func(topic string) int
	// Now is the clock for the times of dead letters and retries. Defaults to
	// time.Now.
	Now func() time.Time
}

// Envelope makes records. It is safe for concurrent use.
type Envelope struct {
	cfg   Config
	spare sync.Pool // of *Batch that were released
}

// New returns an Envelope.
func New(cfg Config) *Envelope {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Envelope{cfg: cfg}
}
