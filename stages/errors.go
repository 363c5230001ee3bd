package stages

import (
	"errors"
	"fmt"
)

// Class says whose fault an error of a source is, and so what is done about it.
type Class uint8

const (
	// Transient errors are nobody's fault: the call is tried again. Every error is transient unless it says
	// otherwise, so that a fault that is not understood delays keys and never condemns them.
	Transient Class = iota
	// Permanent errors come from the keys: the call is bisected until the keys at fault stand alone.
	Permanent
	// Fatal errors come from the configuration (a table that is not there, a right that is missing): neither
	// another try nor another key can help, and the run fails as a whole.
	Fatal
	// Unusable errors are answers that cannot be read: the source works, but its answer does not have the expected form. The call
	// is tried again. As with Transient errors, a key is at fault if the answer is unusable for this key alone. If no key has a
	// usable answer, the run fails as a whole: waiting does not help, so it is no outage.
	Unusable
)

// Retryable says that another try of the same call may succeed.
func (c Class) Retryable() bool { return c == Transient || c == Unusable }

type classified struct {
	err   error
	class Class
	// some: the call names no key, since any of its keys can be missing.
	some bool
}

func (e *classified) Error() string { return e.err.Error() }
func (e *classified) Unwrap() error { return e.err }

// AsPermanent marks err as the keys' fault. AsPermanent(nil) is nil.
func AsPermanent(err error) error { return classify(err, Permanent) }

// AsFatal marks err as the configuration's fault. AsFatal(nil) is nil.
func AsFatal(err error) error { return classify(err, Fatal) }

// AsUnusable marks err as an answer that cannot be read. AsUnusable(nil) is nil.
func AsUnusable(err error) error { return classify(err, Unusable) }

// AsSomeMissing marks err as the refusal of a whole call because keys are missing, all of them or only some. The error is
// permanent. The call is bisected beyond the limit for other permanent errors: then each key is asked for alone. A source must
// settle a call for one key, and must not return this error for it. AsSomeMissing(nil) is nil.
func AsSomeMissing(err error) error {
	if err == nil {
		return nil
	}
	return &classified{err: err, class: Permanent, some: true}
}

// isSomeMissing says that AsSomeMissing has marked err.
func isSomeMissing(err error) bool {
	c, ok := errors.AsType[*classified](err)
	return ok && c.some
}

func classify(err error, c Class) error {
	if err == nil {
		return nil
	}
	return &classified{err: err, class: c}
}

// ClassOf is the one predicate that decides what is done about an error.
func ClassOf(err error) Class {
	if c, ok := errors.AsType[*classified](err); ok {
		return c.class
	}
	if _, ok := errors.AsType[*PanicError](err); ok {
		return Permanent
	}
	return Transient
}

// OutageError says that a backend answered nobody: its keys are not at fault, and neither are the events.
type OutageError struct {
	Loader  string
	Backend *Backend
	Err     error
}

func (e *OutageError) Error() string {
	return fmt.Sprintf("%s: source %s does not answer: %v", e.Loader, e.Backend.Name(), e.Err)
}
func (e *OutageError) Unwrap() error { return e.Err }

// FatalError says that a loader can never succeed as it is configured.
type FatalError struct {
	Loader string
	Err    error
}

func (e *FatalError) Error() string { return fmt.Sprintf("%s: %v", e.Loader, e.Err) }
func (e *FatalError) Unwrap() error { return e.Err }

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
	case *OutageError:
		return 1
	case *FatalError:
		return 3
	default:
		return 2
	}
}
