package session

import (
	"fmt"
	"time"

	"github.com/dustin/go-humanize/english"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/plural"
)

// Publishing says how fast the brokers took the records of a Commit.
type Publishing struct {
	// Records were to be published, and Acknowledged of them were.
	Records, Acknowledged int
	// Took is the time until the last acknowledgement, or until Limit was over.
	Took time.Duration
	// Limit is the most that the publishing of one batch may take.
	Limit time.Duration
}

// SlowError says that the brokers did not acknowledge the records of a batch in
// time: a quota throttles the client, the network is slow, or the brokers do
// not answer. Publishing may succeed with fewer records at once. SlowError is
// the reason in a Error.
type SlowError struct {
	Publishing

	// Bytes is the size of the keys, values and headers of all records, before
	// compression.
	Bytes int
	Err   error
}

// Error implements error.
func (e *SlowError) Error() string {
	if e.Acknowledged == 0 {
		return fmt.Sprintf("none of %s of %s was acknowledged within %v: the brokers do not answer, or a quota throttles this client: %v",
			plural.Count(e.Records, "record"), plural.Count(e.Bytes, "byte"), e.Limit, e.Err)
	}
	return fmt.Sprintf("%d of %s of %s %s acknowledged within %v: does a quota throttle this client, or is the network to the brokers slow? %v",
		e.Acknowledged, plural.Count(e.Records, "record"), plural.Count(e.Bytes, "byte"), english.PluralWord(e.Records, "was", "were"), e.Limit, e.Err)
}

// Unwrap returns the reason.
func (e *SlowError) Unwrap() error { return e.Err }

// Published says how the records of the last Commit were published. Only the
// goroutine that polls may call it.
func (s *Session) Published() Publishing { return s.published }

func sizeOf(records []*kgo.Record) int {
	total := 0
	for _, r := range records {
		total += recordBytes(r)
	}
	return total
}
