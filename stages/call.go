package stages

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// timeoutError is the error of a call that outlasted its backend's timeout. It is transient.
type timeoutError struct {
	after time.Duration
	err   error
}

func (e *timeoutError) Error() string   { return fmt.Sprintf("no answer within %v", e.after) }
func (e *timeoutError) Unwrap() []error { return []error{e.err, context.DeadlineExceeded} }

// call makes one bulk call, or returns why it was not admitted. The source runs in another goroutine, so that a panic or a
// Goexit ends that alone.
func (l *Loader[K, V]) call(ctx context.Context, keys []K, admitted *admission, stats *callStats) (*Batch[K, V], error) {
	b := NewBatch[K, V](keys)
	backend := l.cfg.Backend
	began := time.Now()
	if admitted.err != nil {
		if rejected(admitted.err) {
			backend.note(l.cfg.Name, began, admitted.err)
		}
		return b, admitted.err
	}
	outcome := errUndecided
	defer func() {
		admitted.done(outcome)
		backend.note(l.cfg.Name, began, outcome)
	}()
	callCtx, cancel := backend.bound(ctx)
	defer cancel()

	done := make(chan error, 1)
	go func() {
		err := error(&panicError{})
		defer func() {
			if v := recover(); v != nil {
				err = &panicError{value: v, stack: debug.Stack()}
			}
			done <- err
		}()
		err = l.source.Load(callCtx, b)
	}()
	err := b.close(<-done)
	if err != nil && ctx.Err() == nil && errors.Is(callCtx.Err(), context.DeadlineExceeded) {
		err = &timeoutError{after: backend.cfg.Timeout, err: err}
	}
	err = reclass(backend.cfg.Errors, b, err)
	if ctx.Err() == nil {
		outcome = err
	}
	took := time.Since(began)
	made := callStats{calls: 1, took: took, extra: b.extra}
	if l.cfg.Local {
		made.calls, made.took = 0, 0
	} else if backend.cfg.OnCall != nil {
		backend.cfg.OnCall(took, err)
	}
	stats.add(made)
	return b, err
}

// rejected reports whether a call was not made because those before it have failed.
func rejected(err error) bool { return errors.Is(err, ErrRejected) }
