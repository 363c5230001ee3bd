package topiclookup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Config says which topic is the table, and how it is kept. The zero value of each field but Topic is its default.
type Config struct {
	// Kafka says how the brokers are reached.
	Kafka consumer.Kafka
	// Topic is the table. It should be compacted, or keep its records forever.
	Topic string
	// KeyType names the types of the key's parts, one of those in package lookup each. Defaults to text for one part.
	KeyType []string
	// Prepare is called with records before Decode is called for any of them, to fetch what Decode needs, such as schemas. After an
	// error it is called again later. Optional.
	Prepare func(ctx context.Context, records []*kgo.Record) error
	// Decode returns a record's key, as one JSON value for each part, and its row as JSON. A row that is nil or null removes the
	// key's row. A nil key ignores the record. It must not change the record. The error should hold no part of it. Defaults to a key
	// that is text, and a value that is JSON.
	Decode func(record *kgo.Record) (key [][]byte, row []byte, err error)
	// Version tells apart what Decode makes of records. If it changes, Dir is filled anew. Defaults to "".
	Version string
	// SkipBad leaves out records that cannot be decoded, and counts them. Otherwise such a record is a fatal error that names its offset.
	SkipBad bool
	// MaxBytes bounds the memory of keys and rows, in bytes. A table that outgrows it is a fatal error. With Dir it bounds the memory
	// for blocks of the files. Defaults to 512 MiB, and to 64 MiB with Dir.
	MaxBytes int64
	// Dir is a directory that keeps the table on disk. A process that starts again reads only what is new. Clients that use it at
	// once have a numbered directory below it each. Defaults to none: the table is in memory.
	Dir string
	// MaxStaleness makes lookups wait while the table is further behind the topic. Defaults to 0: they do not wait.
	MaxStaleness time.Duration
	// Retain is for how long the former rows of a key are kept, by the timestamps of their records, for Query.Versions. Defaults to
	// 0: only the last one is kept.
	Retain time.Duration
	// Logger receives the progress of the first reading, and warnings. Defaults to none.
	Logger *slog.Logger
}

const (
	defaultMaxBytes  = 512 << 20
	defaultDiskBytes = 64 << 20
)

func (cfg Config) withDefaults() Config {
	switch {
	case cfg.MaxBytes > 0:
	case cfg.Dir != "":
		cfg.MaxBytes = defaultDiskBytes
	default:
		cfg.MaxBytes = defaultMaxBytes
	}
	if cfg.Decode == nil {
		cfg.Decode = decodeText
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	cfg.Logger = cfg.Logger.With(slog.String("topic", cfg.Topic))
	return cfg
}

// Open makes a client of a topic without connecting, whatever ctx is. Its error has all mistakes in the configuration.
//
// The client's Lookup checks a query without a call to the brokers, and ignores its context. All its errors are fatal by
// stages.ClassOf. Ping waits until the table has been read, and is not further behind than MaxStaleness. It returns an error as soon as
// the topic cannot be read. Close ends the reading.
func Open(_ context.Context, cfg Config) (lookup.Client[Query], error) {
	cfg = cfg.withDefaults()
	var topicErr error
	if cfg.Topic == "" {
		topicErr = errors.New("there is no topic: name the topic that is the table")
	}
	types, typesErr := keyTypes(cfg.KeyType)
	if err := errors.Join(topicErr, typesErr); err != nil {
		return nil, fmt.Errorf("topic: %w", err)
	}
	return &client{table: newTable(cfg, types)}, nil
}

func keyTypes(names []string) (lookupkey.Types, error) {
	if len(names) == 0 {
		return lookupkey.Types{lookupkey.Text}, nil
	}
	types := make(lookupkey.Types, len(names))
	for i, name := range names {
		var err error
		if types[i], err = lookupkey.ParseType(name); err != nil {
			return nil, err
		}
	}
	return types, nil
}
