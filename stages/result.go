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
	// Age is how long ago the value was loaded, if it comes from the cache. It is zero for a value from the source.
	Age time.Duration
	// Left is for how long at least the cache keeps the result before it expires or is due to be loaded again. It is zero if
	// there is no cache, if the result is stale, and if it comes from a tier below the memory.
	Left  time.Duration
	State State
	// Tier is the tier of the cache that had the result: 1 is the memory, 2 the first of the tiers below it, and so on. It is
	// zero if the source was called, even if the result is stale.
	Tier uint8
	// Stale says that the result is past its time, and was served because the source failed.
	Stale bool
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
