package session

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/failpoint"
)

// refusedError is what a burst ends with when records were refused for what
// they are or where they go, however many others were refused with them.
type refusedError struct {
	first   Rejection
	ofTopic bool // Not the records' fault.
	records []*kgo.Record
}

// Error implements error.
func (e *refusedError) Error() string { return e.first.Err.Error() }

// Unwrap gives the reason.
func (e *refusedError) Unwrap() error { return e.first.Err }

// produce publishes out and waits for every promise: one error that is not
// seen is a record lost. It returns a *refusedError when records were refused,
// a *SlowError when they were not acknowledged in time, and another error when
// the session cannot publish. What follows a refusal may not have been
// published.
func (s *Session) produce(ctx context.Context, out []*kgo.Record) error {
	began := time.Now()
	p := Publishing{Records: len(out), Limit: s.cfg.publishTimeout()}
	defer func() {
		p.Took = time.Since(began)
		s.published = p
	}()
	within, cancel := context.WithTimeout(ctx, p.Limit)
	defer cancel()
	for n := 0; n < len(out); {
		end := s.atOnce(out, n)
		b := s.burst(within, out[n:end])
		p.Acknowledged += b.acknowledged(end - n)
		if err := b.result; err != nil {
			if within.Err() != nil && ctx.Err() == nil {
				return &SlowError{Publishing: p, Bytes: sizeOf(out), Err: err}
			}
			return err
		}
		n = end
	}
	failpoint.Hit(failpoint.AfterFlush)
	return nil
}

// atOnce returns the end of what may be published at once from n on: all, but
// for a topic that is known to take only so many bytes. One record always may.
func (s *Session) atOnce(out []*kgo.Record, n int) int {
	if len(s.pace) == 0 {
		return len(out)
	}
	bytes := make(map[string]int, len(s.pace))
	for i := n; i < len(out); i++ {
		pace, paced := s.pace[out[i].Topic]
		if !paced {
			continue
		}
		before := bytes[out[i].Topic]
		bytes[out[i].Topic] = before + recordBytes(out[i])
		if before > 0 && bytes[out[i].Topic] > pace {
			return i
		}
	}
	return len(out)
}

// burst publishes records in one go, and returns with its result.
func (s *Session) burst(ctx context.Context, out []*kgo.Record) *burst {
	b := &burst{session: s, done: make(chan struct{})}
	b.pending.Store(int64(len(out)))
	promise := b.promise
	for i, r := range out {
		if failpoint.Enabled && i == len(out)/2 {
			failpoint.Hit(failpoint.MidProduce)
		}
		s.cl.Produce(ctx, r, promise)
	}
	select {
	case <-b.done:
		b.result = b.err()
	case <-ctx.Done():
		b.result = ctx.Err()
	}
	return b
}

// burst collects the promises of records that are published together.
type burst struct {
	session *Session
	pending atomic.Int64
	done    chan struct{} // Closed with the last promise.
	result  error         // What decides, or the end of the time.

	mu      sync.Mutex
	failed  int   // Records with an error.
	broken  error // The first error that is the session's.
	topic   *refusedError
	records *refusedError
}

func (b *burst) promise(r *kgo.Record, err error) {
	if err != nil {
		b.fail(r, err)
	}
	if b.pending.Add(-1) == 0 {
		close(b.done)
	}
}

func (b *burst) fail(r *kgo.Record, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failed++
	if b.session.lacksPartition(r) {
		err = fmt.Errorf("partition %d: %w", r.Partition, errNoPartition)
	}
	switch {
	case isRecordRefusal(err):
		if b.records == nil {
			b.records = &refusedError{first: Rejection{r, err}}
		}
		b.records.records = append(b.records.records, r)
	case isTopicRefusal(err):
		if b.topic == nil {
			b.topic = &refusedError{first: Rejection{r, err}, ofTopic: true}
		}
	case b.broken == nil:
		b.broken = err
	}
}

// acknowledged is how many of its records were, until now.
func (b *burst) acknowledged(of int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return max(of-int(b.pending.Load())-b.failed, 0)
}

// err gives the error that decides. Refused records come first: the client
// starts its producer anew for them, which can break what was published beside.
func (b *burst) err() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.records != nil:
		return b.records
	case b.broken != nil:
		return b.broken
	case b.topic != nil:
		return b.topic
	default:
		return nil
	}
}

// lacksPartition reports whether a record's partition was set and is not there: the
// client has no specific error for that.
func (s *Session) lacksPartition(r *kgo.Record) bool {
	if s.cfg.Partition != Preset || r.Partition < 0 {
		return false
	}
	leader, _, err := s.cl.PartitionLeader(r.Topic, 0)
	if leader < 0 || err != nil {
		return false // Nothing is known of the topic.
	}
	leader, _, err = s.cl.PartitionLeader(r.Topic, r.Partition)
	return leader < 0 && err == nil
}
