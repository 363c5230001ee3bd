// Package loaderr has the errors of loads whose details loaderline itself reads. Users of package stages compare them with its
// sentinels.
package loaderr

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/loaderline/loaderline/internal/plural"
)

// The sentinels that package stages exports.
var (
	ErrBadKey   = errors.New("unusable key")
	ErrRejected = errors.New("the call was not made")
	ErrOutage   = errors.New("the source does not answer")
	ErrFatal    = errors.New("the loader cannot succeed as it is configured")
)

// BadKeyError is the error of a key that is there but cannot be used.
type BadKeyError struct{ Err error }

func (e *BadKeyError) Error() string { return "unusable key: " + e.Err.Error() }
func (e *BadKeyError) Unwrap() error { return e.Err }

// Is reports whether target is ErrBadKey.
func (*BadKeyError) Is(target error) bool { return target == ErrBadKey }

// BreakerOpenError is the error of a call that was not made because those before it failed. It is transient.
type BreakerOpenError struct {
	Err error // why the last call failed
}

func (e *BreakerOpenError) Error() string {
	return fmt.Sprintf("the circuit breaker is open, the last call failed: %v", e.Err)
}
func (e *BreakerOpenError) Unwrap() error { return e.Err }

// Is reports whether target is ErrRejected.
func (*BreakerOpenError) Is(target error) bool { return target == ErrRejected }

// OutageError is the error of a run, or of a key, whose backend answered nobody. Neither the keys nor the events are at fault.
type OutageError struct {
	Loader string
	Source string // the backend's name
	// Ping asks whether the backend can be reached again, as stages.Backend.Ping does.
	Ping func(context.Context) error
	Err  error
}

func (e *OutageError) Error() string {
	return fmt.Sprintf("%s: source %s does not answer: %v", e.Loader, e.Source, e.Err)
}
func (e *OutageError) Unwrap() error { return e.Err }

// Is reports whether target is ErrOutage.
func (*OutageError) Is(target error) bool { return target == ErrOutage }

// FatalError is the error of a run whose loader can never succeed as it is configured.
type FatalError struct {
	Loader string
	Err    error
}

func (e *FatalError) Error() string { return fmt.Sprintf("%s: %v", e.Loader, e.Err) }
func (e *FatalError) Unwrap() error { return e.Err }

// Is reports whether target is ErrFatal.
func (*FatalError) Is(target error) bool { return target == ErrFatal }

// KeyError is the error of a key that a loader could not load.
type KeyError struct {
	Loader   string
	Attempts int       // calls made for the key, at least 1
	First    time.Time // when the first of them failed
	Last     time.Time // when the last of them failed
	Err      error     // the last call's error
	AtFault  bool      // a call for this key alone failed, though the source answers
}

func (e *KeyError) Error() string {
	if e.Attempts == 1 {
		return fmt.Sprintf("%s: %v", e.Loader, e.Err)
	}
	return fmt.Sprintf("%s: %v (after %s)", e.Loader, e.Err, plural.Count(e.Attempts, "attempt"))
}
func (e *KeyError) Unwrap() error { return e.Err }

// With returns a copy of e with another error.
func (e *KeyError) With(err error) *KeyError {
	c := *e
	c.Err = err
	return &c
}

// Failed notes a call that failed now. It ignores a nil err.
func (e *KeyError) Failed(err error) {
	if err == nil {
		return
	}
	e.Last = time.Now()
	if e.First.IsZero() {
		e.First = e.Last
	}
}
