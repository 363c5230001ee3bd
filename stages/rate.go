package stages

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// limiter bounds how often calls start. A nil one never waits.
type limiter struct {
	tokens *rate.Limiter
	waited atomic.Int64 // nanoseconds, of all calls
}

// newLimiter lets calls start an interval apart, and a burst at once after a rest. No interval is no bound.
func newLimiter(interval time.Duration, burst int) *limiter {
	if interval <= 0 {
		return nil
	}
	return &limiter{tokens: rate.NewLimiter(rate.Every(interval), max(burst, 1))}
}

// wait returns when a call may start, or the context's cause where that ends first.
func (l *limiter) wait(ctx context.Context) error {
	if l == nil {
		return nil
	}
	turn := l.tokens.Reserve()
	pause := turn.Delay()
	if pause == 0 {
		return nil
	}
	start := time.Now()
	defer func() { l.waited.Add(int64(time.Since(start))) }()
	if !sleep(ctx, pause) {
		turn.Cancel()
		return context.Cause(ctx)
	}
	return nil
}

// waiting is how long calls have waited.
func (l *limiter) waiting() time.Duration {
	if l == nil {
		return 0
	}
	return time.Duration(l.waited.Load())
}
