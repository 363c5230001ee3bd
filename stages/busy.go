package stages

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// maxRest bounds how long a backend is left alone at its own word, so that a slip in its answer does not stop a pipeline for
// a day.
const maxRest = time.Minute

// busyError is the error of a call that was not made, because the backend had asked to be left alone for a while: the
// error of a call before had a method RetryAfter() time.Duration that returned more than zero. It is transient.
type busyError struct {
	err error // what the backend said
}

func (e *busyError) Error() string {
	return fmt.Sprintf("the source is left alone for a while, as it asked: %v", e.err)
}
func (e *busyError) Unwrap() error { return e.err }

// Is reports whether target is ErrRejected.
func (*busyError) Is(target error) bool { return target == ErrRejected }

// rest is the time for which a backend asked to be left alone.
type rest struct {
	mu    sync.Mutex
	until time.Time
	err   error
}

// note looks whether the error of a call asks for a rest.
func (r *rest) note(err error) {
	var asks interface{ RetryAfter() time.Duration }
	if !errors.As(err, &asks) || asks.RetryAfter() <= 0 {
		return
	}
	until := time.Now().Add(min(asks.RetryAfter(), maxRest))
	r.mu.Lock()
	defer r.mu.Unlock()
	if until.After(r.until) {
		r.until, r.err = until, err
	}
}

// over returns a *busyError until the rest is over.
func (r *rest) over() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Now().Before(r.until) {
		return &busyError{err: r.err}
	}
	return nil
}
