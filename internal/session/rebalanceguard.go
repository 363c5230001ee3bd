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
	return s.guard.working(ctx, s.cfg.RebalanceGrace)
}

// rebalanceGuard bounds the time during which a batch keeps rebalances waiting.
type rebalanceGuard struct {
	mu      sync.Mutex
	blocked time.Time // When a rebalance began to wait; zero while none does.
	work    *work     // The work to be ended; nil between batches.
}

type work struct {
	cancel context.CancelCauseFunc
	timer  *time.Timer
}

func (g *rebalanceGuard) working(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &work{cancel: cancel}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.work = w
	if !g.blocked.IsZero() {
		w.arm(grace - time.Since(g.blocked))
	}
	return ctx, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		w.stop()
		if g.work == w {
			g.work = nil
		}
	}
}

// block notes that a rebalance waits for the batch.
func (g *rebalanceGuard) block(grace time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.blocked.IsZero() {
		return
	}
	g.blocked = time.Now()
	if g.work != nil {
		g.work.arm(grace)
	}
}

// release notes that the batch is done with.
func (g *rebalanceGuard) release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.blocked = time.Time{}
	if g.work != nil {
		g.work.stop()
		g.work = nil
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
