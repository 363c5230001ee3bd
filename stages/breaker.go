package stages

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/loaderline/loaderline/internal/loaderr"
)

// Breaker says when a backend that fails is left alone. Its zero value is no breaker.
//
// Failures are calls that end with a transient error, a timeout among them. An answer that refuses a call (a permanent
// or fatal error) is an answer; a call that nobody waits for any more says nothing. While the breaker is open, calls are not
// made and end with ErrRejected. After Delay one call is let through: its answer closes the breaker, its
// failure opens it again.
//
// The breaker spares the backend; it decides nothing about keys. Whether a backend is away or a key is at fault is asked by
// a call for one key whatever the breaker says, and an answer closes it. So does a Ping that is answered after another one failed.
type Breaker struct {
	// Failures in a row open the breaker. 0: there is none.
	Failures int
	// Delay is how long it stays open. Defaults to 5 s.
	Delay time.Duration
}

// BreakerState is what a breaker does.
type BreakerState string

// The states of a breaker.
const (
	BreakerClosed   BreakerState = "closed"    // calls are made
	BreakerHalfOpen BreakerState = "half_open" // one call is made at a time
	BreakerOpen     BreakerState = "open"      // no calls are made
)

// errUndecided is the outcome of a call that says nothing about its backend.
var errUndecided = errors.New("the call was given up")

// breaker is a Breaker at work. A nil one lets all calls through.
type breaker struct {
	cfg Breaker

	mu      sync.Mutex
	circuit *gobreaker.TwoStepCircuitBreaker[struct{}]
	last    error // why the last call failed
	away    bool  // a ping has failed since the breaker opened
}

func newBreaker(cfg Breaker) *breaker {
	if cfg.Failures <= 0 {
		return nil
	}
	if cfg.Delay <= 0 {
		cfg.Delay = 5 * time.Second
	}
	b := &breaker{cfg: cfg}
	b.reset()
	return b
}

// reset closes the breaker. Calls under way have no say in the new one.
func (b *breaker) reset() {
	b.away = false
	b.circuit = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		Timeout:      b.cfg.Delay,
		ReadyToTrip:  func(c gobreaker.Counts) bool { return int(c.ConsecutiveFailures) >= b.cfg.Failures },
		IsSuccessful: answered,
		IsExcluded:   func(err error) bool { return errors.Is(err, errUndecided) },
	})
}

// answered says that a call which ended so was answered by its backend.
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

// pinged takes the outcome of a ping, and answers what it means: a backend that can be reached, and could be all along, is no
// better for it.
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
func (b *breaker) state() BreakerState {
	if b == nil {
		return ""
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch b.circuit.State() {
	case gobreaker.StateOpen:
		return BreakerOpen
	case gobreaker.StateHalfOpen:
		return BreakerHalfOpen
	default:
		return BreakerClosed
	}
}

// closed says that calls are made, also where there is no breaker.
func (b *breaker) closed() bool {
	state := b.state()
	return state == "" || state == BreakerClosed
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
