package stages

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// Retry says how transient errors are tried again: exponentially with jitter, for unsettled keys only.
type Retry struct {
	// Initial is the first wait. Defaults to 100 ms.
	Initial time.Duration
	// Max is the longest wait. Defaults to 5 s.
	Max time.Duration
	// MaxElapsed bounds one run over all its stages, from its start to the last try. Defaults to 30 s; negative
	// means that nothing is tried again.
	MaxElapsed time.Duration
}

// withDefaults fills the zero fields.
func (r Retry) withDefaults() Retry {
	if r.Initial <= 0 {
		r.Initial = 100 * time.Millisecond
	}
	if r.Max <= 0 {
		r.Max = 5 * time.Second
	}
	if r.MaxElapsed == 0 {
		r.MaxElapsed = 30 * time.Second
	}
	return r
}

// budget bounds the retries of one run. Its calls share it.
type budget struct {
	retry Retry
	start time.Time
	// once marks a refresh: a transient error fails the keys at once, and no stale value is served for them.
	once bool
}

func newBudget(r Retry) budget { return budget{retry: r.withDefaults(), start: time.Now()} }

// pauses returns a new sequence of pauses, which ends with the run's budget.
func (b budget) pauses() *pauses {
	exponential := backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(b.retry.Initial),
		backoff.WithMaxInterval(b.retry.Max),
		backoff.WithMaxElapsedTime(0),
	)
	return &pauses{exponential: exponential, deadline: b.start.Add(b.retry.MaxElapsed)}
}

type pauses struct {
	exponential *backoff.ExponentialBackOff
	deadline    time.Time
}

// next waits for the next pause. It returns false if the budget or the context ends before.
func (p *pauses) next(ctx context.Context) bool {
	pause := p.exponential.NextBackOff()
	if time.Now().Add(pause).After(p.deadline) {
		return false
	}
	return sleep(ctx, pause)
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
