package stages

import (
	"context"
	"errors"
)

// Source is what a Loader loads values from: a query, a service, a file. It finds values by key, never by position.
//
// Load settles each of b.Keys by b.Put, b.Fail or b.Set. If it returns nil, keys that it left unsettled are missing. If it
// returns KeyErrors, only the keys named there fail. After any other error the unsettled keys are loaded again, unless
// WithClass says otherwise, and fail in the end. Load is called concurrently. Its context ends at the backend's timeout, and
// Load must return soon after that. Package lookuptest tests sources of JSON.
type Source[K comparable, V any] interface {
	Load(ctx context.Context, b *Batch[K, V]) error
}

// MapSource returns a Source made of one function. A key that is absent from the map is missing. The function fails single
// keys by KeyErrors.
func MapSource[K comparable, V any](load func(ctx context.Context, keys []K) (map[K]V, error)) Source[K, V] {
	return mapSource[K, V](load)
}

type mapSource[K comparable, V any] func(ctx context.Context, keys []K) (map[K]V, error)

// Load calls f once for all keys.
func (f mapSource[K, V]) Load(ctx context.Context, b *Batch[K, V]) error {
	values, err := f(ctx, b.Keys)
	for k, v := range values {
		b.Put(k, v)
	}
	return err
}

// KeyErrors is the error of a Source that failed to load some keys, with one error per key.
type KeyErrors[K comparable] map[K]error //nolint:errname // It is several errors.

// Error returns the text of one of the errors.
func (e KeyErrors[K]) Error() string {
	for _, err := range e {
		return err.Error()
	}
	return "no key failed"
}

// Batch is one bulk call: its distinct keys, and their results so far. It belongs to one call of Load and is not safe
// for concurrent use.
type Batch[K comparable, V any] struct {
	// Keys are distinct. They are read only.
	Keys []K

	results []Result[V]
	settled []bool
	index   map[K]int32
	extra   int
}

// NewBatch returns a batch of distinct keys, to call a Source by hand.
func NewBatch[K comparable, V any](keys []K) *Batch[K, V] {
	return &Batch[K, V]{Keys: keys, results: make([]Result[V], len(keys)), settled: make([]bool, len(keys))}
}

// Put settles a key as loaded. A second Put replaces the first. It returns false, changes nothing and counts the value as extra
// if the key was not asked for.
func (b *Batch[K, V]) Put(key K, value V) bool {
	return b.settle(key, Result[V]{Value: value, State: Loaded})
}

// Fail settles a key as failed. It returns false if the key was not asked for.
func (b *Batch[K, V]) Fail(key K, err error) bool {
	return b.settle(key, Result[V]{Err: err, State: Failed})
}

func (b *Batch[K, V]) settle(key K, r Result[V]) bool {
	if b.index == nil {
		b.index = make(map[K]int32, len(b.Keys))
		for i, k := range b.Keys {
			b.index[k] = int32(i)
		}
	}
	i, ok := b.index[key]
	if !ok {
		b.extra++
		return false
	}
	b.results[i], b.settled[i] = r, true
	return true
}

// Set settles the key at Keys[i] with the Value, the Err and the State of a result: for a source that knows the positions, or
// that has keys to settle as missing. It is faster than Put and Fail.
func (b *Batch[K, V]) Set(i int, r Result[V]) {
	b.results[i], b.settled[i] = Result[V]{Value: r.Value, Err: r.Err, State: r.State}, true
}

// Result returns the result so far of the i-th key. Unsettled keys are missing.
func (b *Batch[K, V]) Result(i int) Result[V] { return b.results[i] }

// Extra returns the number of Puts and Fails for keys that were not asked for.
func (b *Batch[K, V]) Extra() int { return b.extra }

// answered reports whether the source answered for any key.
func (b *Batch[K, V]) answered() bool {
	for i, r := range b.results {
		if b.settled[i] && (r.State != Failed || !ClassOf(r.Err).retryable()) {
			return true
		}
	}
	return false
}

// close settles what Load left open, and says which error the call as a whole had.
func (b *Batch[K, V]) close(err error) error {
	if keyErrs, ok := errors.AsType[KeyErrors[K]](err); ok {
		for k, e := range keyErrs {
			b.Fail(k, e)
		}
		err = nil
	}
	if err == nil {
		for i := range b.settled {
			b.settled[i] = true
		}
	}
	return err
}
