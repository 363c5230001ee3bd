package stages

import (
	"errors"
	"fmt"
	"time"

	"github.com/loaderline/loaderline/internal/plural"
)

// State is how one key of one stage ended.
type State uint8

// The four outcomes of a key. The zero State is Missing: a key that nobody settled has no value.
const (
	// Missing: there is no value for the key, or there was no key to look up.
	Missing State = iota
	// Loaded: Result.Value holds the value.
	Loaded
	// Failed: the key could not be loaded; Result.Err says why.
	Failed
	// Blocked: the key is not known, because the stage that it comes from failed; Result.Err says which.
	Blocked
)

func (s State) String() string {
	switch s {
	case Missing:
		return "missing"
	case Loaded:
		return "loaded"
	case Failed:
		return "failed"
	case Blocked:
		return "blocked"
	}
	return fmt.Sprintf("State(%d)", uint8(s))
}

// Result is the outcome of one key. Err is nil where State is Loaded, and where it is Missing but for ErrNoKey: then
// there was no key to look up.
type Result[V any] struct {
	Value V
	Err   error
	// Stale is the age of a value that is past its time and was served because the source failed; zero otherwise.
	Stale time.Duration
	State State
}

// ErrNoKey says that an event or a value holds no key: the result is Missing and nothing is loaded.
var ErrNoKey = errors.New("no key")

// ErrBlocked is what the Err of every Blocked result wraps.
var ErrBlocked = errors.New("blocked")

// BadKeyError is the Err of a key that is there but cannot be used. It fails alone, before any call.
type BadKeyError struct{ Err error }

func (e *BadKeyError) Error() string { return "unusable key: " + e.Err.Error() }
func (e *BadKeyError) Unwrap() error { return e.Err }

// KeyError is the Err of a key that a loader could not load.
type KeyError struct {
	Loader   string    // the loader's name
	Attempts int       // calls made for the key, at least 1
	First    time.Time // when the first of them failed
	Last     time.Time // when the last of them failed
	Err      error     // the last call's error

	atFault bool // a call for this key alone failed, though the source answers
}

func (e *KeyError) Error() string {
	if e.Attempts == 1 {
		return fmt.Sprintf("%s: %v", e.Loader, e.Err)
	}
	return fmt.Sprintf("%s: %v (after %s)", e.Loader, e.Err, plural.Count(e.Attempts, "attempt"))
}
func (e *KeyError) Unwrap() error { return e.Err }

// with is a copy of e, with an error.
func (e *KeyError) with(err error) *KeyError {
	c := *e
	c.Err = err
	return &c
}

// failed notes a call that failed.
func (e *KeyError) failed(err error) {
	if err == nil {
		return
	}
	e.Last = time.Now()
	if e.First.IsZero() {
		e.First = e.Last
	}
}

// PanicError is the error of a source or a key function that panicked, or of a source that ended its goroutine by
// runtime.Goexit (Value is nil then).
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string {
	if e.Value == nil {
		return "the call ended its goroutine"
	}
	return fmt.Sprintf("panicked: %v", e.Value)
}
