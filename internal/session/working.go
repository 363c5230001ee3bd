package session

import (
	"context"
	"sync"
	"time"
)

// Working returns the context for the work on the current batch. It ends with
// ctx, and with the cause ErrRebalance once a rebalance has waited longer than
// Config.RebalanceGrace for the batch: give it back then, or its partitions
// are lost at the rebalance timeout. Call cancel when the work is done.
func (s *Session) Working(ctx context.Context) (context.Context, context.CancelFunc) {
	return s.hold.working(ctx, s.cfg.RebalanceGrace)
}

// hold is the time during which a batch keeps rebalances waiting.
type hold struct {
	mu      sync.Mutex
	blocked time.Time // When a rebalance began to wait; zero while none does.
	work    *work     // The work to be ended; nil between batches.
}

type work struct {
	cancel context.CancelCauseFunc
	timer  *time.Timer
}

func (h *hold) working(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &work{cancel: cancel}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.work = w
	if !h.blocked.IsZero() {
		w.arm(grace - time.Since(h.blocked))
	}
	return ctx, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		w.stop()
		if h.work == w {
			h.work = nil
		}
	}
}

// block notes that a rebalance waits for the batch.
func (h *hold) block(grace time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.blocked.IsZero() {
		return
	}
	h.blocked = time.Now()
	if h.work != nil {
		h.work.arm(grace)
	}
}

// release notes that the batch is done with.
func (h *hold) release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.blocked = time.Time{}
	if h.work != nil {
		h.work.stop()
		h.work = nil
	}
}

func (w *work) arm(after time.Duration) {
	w.timer = time.AfterFunc(after, func() { w.cancel(ErrRebalance) })
}

func (w *work) stop() {
	if w.timer != nil {
		w.timer.Stop()
	}
	w.cancel(context.Canceled)
}
