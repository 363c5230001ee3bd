package stages

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// BackendConfig configures what the loaders of one database or service share.
type BackendConfig struct {
	// Name is used in errors. Defaults to "unnamed".
	Name string
	// MaxCalls bounds the calls that run at once, over all loaders. Defaults to 4.
	MaxCalls int
	// Timeout bounds one call, without the time that it waited to start. Defaults to 5 s; negative is none.
	Timeout time.Duration
	// CallInterval is the least time between the starts of two calls, over all loaders. Defaults to none.
	CallInterval time.Duration
	// CallBurst is the number of calls that may start at once after a rest, despite CallInterval. Defaults to 1.
	CallBurst int
	// BreakerFailures is the number of failures in a row that open the circuit breaker. Defaults to 0: there is no breaker.
	//
	// Failures are calls that end with a transient error, a timeout among them. A permanent or fatal error is an answer. A call
	// that nobody waits for any more says nothing. While the breaker is open, calls are not made and end with ErrRejected. The
	// breaker spares the backend and decides nothing about keys: a call that finds out whether the backend answers, or which key
	// is at fault, is made all the same. An answer to it closes the breaker, and so does a Ping that succeeds after another one
	// has failed.
	BreakerFailures int
	// BreakerDelay is how long the breaker stays open. Then one call is let through: its answer closes the breaker, its failure
	// opens it again. Defaults to 5 s.
	BreakerDelay time.Duration
	// Ping returns nil if the backend can be reached. Without it only a call can tell. Optional.
	Ping func(context.Context) error
	// Errors has the classes of errors by their codes. An error has a code if it has a method Code() string. These classes win
	// over those of the source.
	Errors map[string]Class
	// OnCall is called after each call with the time it took and its error. It is called concurrently. Optional.
	OnCall func(took time.Duration, err error)
	// OnFailing is called once when all calls of a loader have failed with transient errors for a second, or for one call that
	// took longer. The calls are tried again. since is when the first of them began, and err is why the last one failed. At the
	// first answer after that, OnFailing is called again, with the same since and a nil err. It is called concurrently, and
	// calls wait for it. Optional.
	OnFailing func(loader string, since time.Time, err error)
}

// Backend is the database or service behind one or more loaders. It is safe for concurrent use.
type Backend struct {
	cfg     BackendConfig
	slots   chan struct{}
	rest    rest
	rate    *limiter
	breaker *breaker
	failing failing

	rejected atomic.Uint64
}

// NewBackend returns a backend. Loaders that name it in their LoaderConfig share it.
func NewBackend(cfg BackendConfig) *Backend {
	if cfg.Name == "" {
		cfg.Name = "unnamed"
	}
	if cfg.MaxCalls <= 0 {
		cfg.MaxCalls = 4
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 5 * time.Second
	}
	return &Backend{cfg: cfg, slots: make(chan struct{}, cfg.MaxCalls), rate: newLimiter(cfg.CallInterval, cfg.CallBurst), breaker: newBreaker(cfg.BreakerFailures, cfg.BreakerDelay)}
}

// Ping checks within the timeout whether the backend can be reached. It returns errors.ErrUnsupported if BackendConfig
// has no Ping. It returns ErrRejected, without a call, during a pause that the backend requested. It also returns
// ErrRejected if the breaker is open although the backend was always reachable, because a ping then does not show that
// calls succeed again.
func (b *Backend) Ping(ctx context.Context) error {
	if b.cfg.Ping == nil {
		return errors.ErrUnsupported
	}
	if err := b.rest.over(); err != nil {
		return err
	}
	bound, cancel := b.bound(ctx)
	defer cancel()
	err := b.cfg.Ping(bound)
	if ctx.Err() != nil {
		return err
	}
	b.failing.pinged(err)
	return b.breaker.pinged(err)
}

// BackendStats says how the limits of a backend have worked since it was made.
type BackendStats struct {
	// Breaker is the state of the circuit breaker: "closed" if calls are made, "open" if none are, and "half_open" if one is made
	// at a time. It is empty if there is no breaker.
	Breaker string
	// Rejected is the number of calls that were not made because the breaker was open, or the backend had asked to be left
	// alone.
	Rejected uint64
	// RateWait is how long calls have waited for CallInterval, all together.
	RateWait time.Duration
	// FailingSince is when the first of the calls began that still fail: see BackendConfig.OnFailing. It is zero if the calls
	// of every loader are answered, or if the last failure was more than a minute ago.
	FailingSince time.Time
}

// Stats returns how the limits have worked so far.
func (b *Backend) Stats() BackendStats {
	return BackendStats{Breaker: b.breaker.state(), Rejected: b.rejected.Load(), RateWait: b.rate.waiting(), FailingSince: b.failing.since()}
}

func (b *Backend) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if b.cfg.Timeout < 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, b.cfg.Timeout)
}

// admission is what one call was told that waited to start: that it may, or why not.
type admission struct {
	done func(error) // takes the outcome of the call, which has to follow
	err  error
}

// admit waits until a call may start. The outcome goes to done: errUndecided where it says nothing about the backend.
// The slot comes first, so that what waits for one sees that the breaker has opened; the rate comes last, so that what is
// rejected takes nothing of it.
func (b *Backend) admit(ctx context.Context) *admission {
	select {
	case b.slots <- struct{}{}:
		if ctx.Err() != nil { // Both were so, and a call would be for nobody.
			<-b.slots
			return &admission{err: context.Cause(ctx)}
		}
	case <-ctx.Done():
		return &admission{err: context.Cause(ctx)}
	}
	settle := func(error) {}
	err := b.rest.over()
	if err == nil {
		settle, err = b.breaker.admit(ctx)
	}
	if err != nil {
		b.rejected.Add(1)
		<-b.slots
		return &admission{err: err}
	}
	done := func(err error) {
		b.rest.note(err)
		settle(err)
		<-b.slots
	}
	if err := b.rate.wait(ctx); err != nil {
		done(errUndecided)
		return &admission{err: err}
	}
	return &admission{done: done}
}
