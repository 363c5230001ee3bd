package stages

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/loaderline/loaderline/internal/loaderr"
)

// The states of a breaker, as BackendStats has them.
const (
	breakerClosed   = "closed"
	breakerHalfOpen = "half_open"
	breakerOpen     = "open"
)

// errUndecided is the outcome of a call that says nothing about its backend.
var errUndecided = errors.New("the call was given up")

// breaker is the circuit breaker of a backend: see BackendConfig. A nil one lets all calls through.
type breaker struct {
	failures int // in a row that open it
	delay    time.Duration

	mu      sync.Mutex
	circuit *gobreaker.TwoStepCircuitBreaker[struct{}]
	last    error // why the last call failed
	away    bool  // a ping has failed since the breaker opened
}

func newBreaker(failures int, delay time.Duration) *breaker {
	if failures <= 0 {
		return nil
	}
	if delay <= 0 {
		delay = 5 * time.Second
	}
	b := &breaker{failures: failures, delay: delay}
	b.reset()
	return b
}

// reset closes the breaker. Calls under way have no say in the new one.
func (b *breaker) reset() {
	b.away = false
	b.circuit = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		Timeout:      b.delay,
		ReadyToTrip:  func(c gobreaker.Counts) bool { return int(c.ConsecutiveFailures) >= b.failures },
		IsSuccessful: answered,
		IsExcluded:   func(err error) bool { return errors.Is(err, errUndecided) },
	})
}

// answered reports whether a call which ended so was answered by its backend.
func answered(err error) bool { return err == nil || ClassOf(err) != Transient }

// admit lets a call through, whose outcome goes to done, or not.
func (b *breaker) admit(ctx context.Context) (done func(error), err error) {
	if b == nil {
		return func(error) {}, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch purposeOf(ctx) {
	case probing:
		return b.probed, nil
	case bisecting:
		if b.circuit.State() != gobreaker.StateClosed {
			return nil, &loaderr.BreakerOpenError{Err: b.last}
		}
		return b.probed, nil // A key at fault fails call after call, and is no failure of the backend.
	case ordinary:
	}
	record, err := b.circuit.Allow()
	if err != nil {
		return nil, &loaderr.BreakerOpenError{Err: b.last}
	}
	return func(err error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if !answered(err) && !errors.Is(err, errUndecided) {
			b.last, b.away = err, false
		}
		record(err)
	}, nil
}

// probed takes the outcome of a call that finds out what is wrong.
func (b *breaker) probed(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if answered(err) {
		b.reset()
	}
}

// pinged takes the outcome of a ping and returns what it means: that a backend could be reached all along does not make it
// any better.
func (b *breaker) pinged(err error) error {
	if b == nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.circuit.State() != gobreaker.StateOpen:
		return err
	case err != nil:
		b.away = true
		return err
	case b.away:
		b.reset()
		return nil
	}
	return &loaderr.BreakerOpenError{Err: b.last}
}

// state is what the breaker does, empty where there is none.
func (b *breaker) state() string {
	if b == nil {
		return ""
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch b.circuit.State() {
	case gobreaker.StateOpen:
		return breakerOpen
	case gobreaker.StateHalfOpen:
		return breakerHalfOpen
	default:
		return breakerClosed
	}
}

// closed reports whether calls are made, also where there is no breaker.
func (b *breaker) closed() bool {
	state := b.state()
	return state == "" || state == breakerClosed
}

// purpose is what a call is for.
type purpose int

const (
	ordinary  purpose = iota
	probing           // whether the backend answers: it is made whatever the breaker says
	bisecting         // which keys are at fault: it is made while the breaker is closed
)

type purposeKey struct{}

func withPurpose(ctx context.Context, p purpose) context.Context {
	return context.WithValue(ctx, purposeKey{}, p)
}

func purposeOf(ctx context.Context) purpose {
	p, _ := ctx.Value(purposeKey{}).(purpose)
	return p
}
