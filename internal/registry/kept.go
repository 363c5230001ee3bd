package registry

import (
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loaderline/loaderline/internal/format/schemaid"
)

// The bounds of what is kept. The schemas of a topic are few; a topic with more is one that somebody writes random IDs to.
const (
	maxKept   = 2_000
	maxFailed = 1_000
)

// kept is what is known of IDs. Schemas are kept for ever, since an ID never changes its schema.
type kept[V any] struct {
	grace time.Duration

	// compiled is copied when it changes, which is rare, so that reading it, which each record does, takes no lock.
	compiled atomic.Pointer[map[schemaid.ID]compiled[V]]

	mu       sync.Mutex // guards failures and changes of compiled
	failures map[schemaid.ID]failure
}

// compiled is what Compile returned.
type compiled[V any] struct {
	value V
	err   error
}

// failure is an ID without a schema.
type failure struct {
	err error
	// final is when it is taken for wrong. Until then it is looked for.
	final time.Time
	// until is when it is looked for again.
	until time.Time
}

// known returns what Compile made of the schema of an ID.
func (k *kept[V]) known(id schemaid.ID) (c compiled[V], is bool) {
	if all := k.compiled.Load(); all != nil {
		c, is = (*all)[id]
	}
	return c, is
}

// open returns the distinct IDs that have to be looked for.
func (k *kept[V]) open(ids []schemaid.ID) []schemaid.ID {
	var (
		open []schemaid.ID
		seen map[schemaid.ID]bool
	)
	for _, id := range ids {
		if _, is := k.known(id); is || seen[id] {
			continue
		}
		if seen == nil {
			seen = map[schemaid.ID]bool{}
		}
		seen[id] = true
		if !k.isFinal(id) {
			open = append(open, id)
		}
	}
	return open
}

// isFinal reports whether an ID is taken for wrong now.
func (k *kept[V]) isFinal(id schemaid.ID) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	f, is := k.failures[id]
	now := time.Now()
	return is && !now.Before(f.final) && now.Before(f.until)
}

// get returns what is known of an ID.
func (k *kept[V]) get(id schemaid.ID) (value V, err error) {
	if c, is := k.known(id); is {
		return c.value, c.err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if f, is := k.failures[id]; is {
		return value, f.err
	}
	return value, fmt.Errorf("%s: %w", id, unknownID())
}

// settle keeps what Compile made of the schema of an ID.
func (k *kept[V]) settle(id schemaid.ID, value V, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := map[schemaid.ID]compiled[V]{}
	if before := k.compiled.Load(); before != nil {
		all = maps.Clone(*before)
	}
	all[id] = compiled[V]{value, err}
	if len(all) > maxKept {
		k.fail(id, failure{err: fmt.Errorf("%s: the records have more than %d different schemas, which is the most that a process keeps", id, maxKept), until: time.Now().Add(k.grace)})
		return
	}
	delete(k.failures, id)
	k.compiled.Store(&all)
}

// unknown notes that the registry has no schema of an ID. It is looked for again until grace is over. From then on, one look follows
// another after grace only, and a batch does not wait between.
func (k *kept[V]) unknown(id schemaid.ID, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	f, is := k.failures[id]
	if !is {
		f.final = now.Add(k.grace)
	}
	f.err, f.until = err, now.Add(k.grace)
	k.fail(id, f)
}

// failed notes that the schema of an ID cannot be loaded, although that of others can.
func (k *kept[V]) failed(id schemaid.ID, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fail(id, failure{err: err, until: time.Now().Add(k.grace)})
}

// fail keeps a failure. If there is no room, it first forgets those that are looked for again anyway, and then any. mu is held.
func (k *kept[V]) fail(id schemaid.ID, f failure) {
	if k.failures == nil {
		k.failures = map[schemaid.ID]failure{}
	}
	if _, is := k.failures[id]; !is && len(k.failures) >= maxFailed {
		now := time.Now()
		maps.DeleteFunc(k.failures, func(_ schemaid.ID, f failure) bool { return now.After(f.until) })
		for other := range k.failures {
			if len(k.failures) < maxFailed {
				break
			}
			delete(k.failures, other)
		}
	}
	k.failures[id] = f
}
