package stages

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// Rate bounds how often something happens. Its zero value is no bound.
type Rate struct {
	// Calls may start in each Per. 0: as many as like.
	Calls int
	// Per is the time for Calls. Defaults to 1 s.
	Per time.Duration
	// Burst may start at once after a rest. Defaults to 1: calls are spread evenly.
	Burst int
}

// limiter is a Rate at work. A nil one never waits.
type limiter struct {
	tokens *rate.Limiter
	waited atomic.Int64 // nanoseconds, of all calls
}

func newLimiter(cfg Rate) *limiter {
	if cfg.Calls <= 0 {
		return nil
	}
	if cfg.Per <= 0 {
		cfg.Per = time.Second
	}
	every := cfg.Per / time.Duration(cfg.Calls)
	return &limiter{tokens: rate.NewLimiter(rate.Every(every), max(cfg.Burst, 1))}
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
