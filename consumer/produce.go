package consumer

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kgo"
)

// produce publishes out and waits for every promise: one error that is not
// seen is a record lost. It returns a *ProduceError when records were refused
// for what they are, and another error when the session cannot publish.
func (s *Session) produce(ctx context.Context, out []*kgo.Record) error {
	if len(out) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.CommitTimeout)
	defer cancel()
	b := &burst{done: make(chan struct{})}
	b.pending.Store(int64(len(out)))
	promise := b.promise
	for _, r := range out {
		s.cl.Produce(ctx, r, promise)
	}
	select {
	case <-b.done:
		return b.err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// burst collects the promises of one batch.
type burst struct {
	pending atomic.Int64
	done    chan struct{} // Closed with the last promise.

	mu      sync.Mutex
	broken  error // The first error that is the session's.
	refused *ProduceError
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
	switch {
	case !isRefusal(err):
		if b.broken == nil {
			b.broken = err
		}
	case b.refused == nil:
		b.refused = &ProduceError{Topic: r.Topic, Partition: r.Partition, Record: r, Refused: []*kgo.Record{r}, Err: err}
	default:
		b.refused.Refused = append(b.refused.Refused, r)
	}
}

func (b *burst) err() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.broken != nil {
		return b.broken
	}
	if b.refused != nil {
		return b.refused
	}
	return nil
}
