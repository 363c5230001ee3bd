package stages

import (
	"fmt"
	"time"
)

// State is the outcome of one key in one stage.
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

// String returns the name of the state: loaded, missing, failed or blocked.
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

// Result is the outcome of one key. Err is nil if State is Loaded. If State is Missing, Err wraps ErrNoKey if there was
// no key to look up, and is nil otherwise.
type Result[V any] struct {
	Value V
	Err   error
	// Age is how long ago the load of the value began, if it comes from the cache. It is zero for a value from the source.
	Age time.Duration
	// Left is for how long at least the cache keeps the result before it expires or is due to be loaded again. It is zero if
	// there is no cache, if the result is stale, and if it comes from a tier below the memory.
	Left  time.Duration
	State State
	// Tier is the tier of the cache that had the result: 1 is the memory, 2 the first of the tiers below it, and so on. It is
	// zero if the source was called, even if the result is stale.
	Tier uint8
	// Stale reports whether the result is past its time, and was served because the source failed.
	Stale bool
}
