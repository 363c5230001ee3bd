package stages

import (
	"errors"
	"fmt"

	"github.com/loaderline/loaderline/internal/loaderr"
)

// Class says what is at fault in an error of a source, and so what a Loader does about it.
type Class uint8

const (
	// Transient errors are nobody's fault. The loader calls again. Every error is transient unless it says otherwise, so a
	// fault that is not understood delays keys and never condemns them.
	Transient Class = iota
	// Permanent errors come from the keys. The loader bisects the call until the keys at fault stand alone.
	Permanent
	// SomeMissing errors refuse a whole call because keys are missing, all of them or only some. The loader bisects the call
	// beyond the limit for Permanent errors, and asks for each key alone in the end. A source must settle a call for one key,
	// and must not return such an error for it.
	SomeMissing
	// Fatal errors come from the configuration: a table that is not there, a right that is missing. Neither another call nor
	// another key helps, so the run fails as a whole with ErrFatal.
	Fatal
	// Unusable errors are answers that do not have the expected form, although the source works. The loader calls again. As
	// with Transient errors, a key is at fault if the answer is unusable for this key alone. If no key has a usable answer,
	// waiting does not help: the run fails with ErrFatal, and it is no outage.
	Unusable
)

// retryable reports whether another try of the same call may succeed.
func (c Class) retryable() bool { return c == Transient || c == Unusable }

// ofKeys reports whether keys are at fault, or missing.
func (c Class) ofKeys() bool { return c == Permanent || c == SomeMissing }

type classified struct {
	err   error
	class Class
}

func (e *classified) Error() string { return e.err.Error() }
func (e *classified) Unwrap() error { return e.err }

// WithClass marks err as one of a class, in place of the class that it has. It returns nil if err is nil.
func WithClass(err error, class Class) error {
	if err == nil {
		return nil
	}
	return &classified{err: err, class: class}
}

// ClassOf returns the class of an error: that of the outermost WithClass, and Transient if there is none. A panic is Permanent.
func ClassOf(err error) Class {
	if c, ok := errors.AsType[*classified](err); ok {
		return c.class
	}
	if errors.Is(err, ErrPanic) {
		return Permanent
	}
	return Transient
}

// The errors of results, beside those of sources. A result's Err and Rows.Err wrap them: compare by errors.Is.
var (
	// ErrNoKey says that an event or a value holds no key. The result is Missing and nothing is loaded. A key function
	// returns it.
	ErrNoKey = errors.New("no key")
	// ErrSkipped says that the stage does not run for the row, because a condition of it does not hold, or one of a stage
	// that its keys come from. The result is Missing and nothing is loaded. ErrSkipped wraps ErrNoKey.
	ErrSkipped = fmt.Errorf("%w: the stage does not run for this event", ErrNoKey)
	// ErrBlocked is wrapped by the Err of every Blocked result.
	ErrBlocked = errors.New("blocked")
	// ErrBadKey says that a key is there but cannot be used. It fails alone, before any call.
	ErrBadKey = loaderr.ErrBadKey
	// ErrPanic says that a source or a key function panicked, or that a source ended its goroutine by runtime.Goexit.
	ErrPanic = errors.New("panicked")
	// ErrRejected says that a call was not made, because the breaker of its Backend was open or the backend had asked to be
	// left alone. It is transient.
	ErrRejected = loaderr.ErrRejected
	// ErrOutage says that a backend answered nobody. Neither the keys nor the events are at fault: try the run again later.
	ErrOutage = loaderr.ErrOutage
	// ErrFatal says that a loader can never succeed as it is configured.
	ErrFatal = loaderr.ErrFatal
)

// panicError is the error of a source or a key function that panicked, or of a source that ended its goroutine by
// runtime.Goexit (value is nil then).
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string {
	if e.value == nil {
		return "the call ended its goroutine"
	}
	return fmt.Sprintf("panicked: %v", e.value)
}

// Is reports whether target is ErrPanic.
func (*panicError) Is(target error) bool { return target == ErrPanic }

// Format writes the stack as well for the verb %+v.
func (e *panicError) Format(s fmt.State, verb rune) {
	if verb == 'v' && s.Flag('+') && len(e.stack) > 0 {
		_, _ = fmt.Fprintf(s, "%s\n%s", e.Error(), e.stack)
		return
	}
	_, _ = fmt.Fprintf(s, fmt.FormatString(s, verb), e.Error())
}

// worse is the failure that says more: one that no waiting helps, then the end of the context, then an outage.
func worse(a, b error) error {
	if severity(b) > severity(a) {
		return b
	}
	return a
}

func severity(err error) int {
	switch err.(type) { //nolint:errorlint // These are never wrapped here.
	case nil:
		return 0
	case *loaderr.OutageError:
		return 1
	case *loaderr.FatalError:
		return 3
	default:
		return 2
	}
}
