package stages

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// budget bounds the retries of one run. Its calls share it.
type budget struct {
	initial, longest time.Duration // pauses between tries
	elapsed          time.Duration // from start to the last try
	start            time.Time
	// once marks a refresh: a transient error fails the keys at once, and no stale value is served for them.
	once bool
}

// newBudget returns the budget of a run that begins now. Zero durations have the defaults of a Plan.
func newBudget(initial, longest, elapsed time.Duration) budget {
	if initial <= 0 {
		initial = 100 * time.Millisecond
	}
	if longest <= 0 {
		longest = 5 * time.Second
	}
	if elapsed == 0 {
		elapsed = 30 * time.Second
	}
	return budget{initial: initial, longest: longest, elapsed: elapsed, start: time.Now()}
}

// noRetries returns the budget of one try.
func noRetries() budget { return newBudget(0, 0, -1) }

// pauses returns a new sequence of pauses, which ends with the run's budget.
func (b budget) pauses() *pauses {
	exponential := backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(b.initial),
		backoff.WithMaxInterval(b.longest),
		backoff.WithMaxElapsedTime(0),
	)
	return &pauses{exponential: exponential, deadline: b.start.Add(b.elapsed)}
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
