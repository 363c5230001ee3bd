package stages

import (
	"context"
	"iter"
	"runtime/debug"
)

// Keys is an edge of a plan: one key for each event, or for each value of an earlier stage.
type Keys[E any, K comparable] struct {
	plan *Plan[E]
	id   int
}

// Lists is an edge of a plan: any number of keys for each event, or for each value of an earlier stage.
type Lists[E any, K comparable] struct {
	plan *Plan[E]
	id   int
}

// By takes a key from each event.
func By[E any, K comparable](p *Plan[E], key func(E) K) Keys[E, K] {
	return ByErr(p, func(e E) (K, error) { return key(e), nil })
}

// ByErr is By for keys that may be absent (ErrNoKey: the result is Missing) or unusable (any other error: Failed).
func ByErr[E any, K comparable](p *Plan[E], key func(E) (K, error)) Keys[E, K] {
	return Keys[E, K]{plan: p, id: addKeys(p, &edge[E, K]{parent: rowDomain, fill: func(r *run[E], d *dedupe[K], i int32) {
		d.one(guarded(key, r.events[i]))
	}})}
}

// ByEach takes any number of keys from each event.
func ByEach[E any, K comparable](p *Plan[E], keys func(E) iter.Seq[K]) Lists[E, K] {
	return ByEachErr(p, func(e E, add func(K, error)) {
		for k := range keys(e) {
			add(k, nil)
		}
	})
}

// ByEachErr is ByEach for keys that may be absent or unusable, as with ByErr; what it adds keeps its place in the View.
func ByEachErr[E any, K comparable](p *Plan[E], keys func(e E, add func(K, error))) Lists[E, K] {
	return Lists[E, K]{plan: p, id: addKeys(p, &edge[E, K]{parent: rowDomain, lists: true, fill: func(r *run[E], d *dedupe[K], i int32) {
		guardedList(d, keys, r.events[i])
	}})}
}

// ThenEach takes any number of keys from each value of an earlier stage. The function is called once for each distinct
// value of a run, not for each row. A missing value has no keys. After a failed value the result is Blocked.
func ThenEach[E, V any, K comparable](n Node[E, V], keys func(V) iter.Seq[K]) Lists[E, K] {
	return ThenEachErr(n, func(v V, add func(K, error)) {
		for k := range keys(v) {
			add(k, nil)
		}
	})
}

// ThenEachErr is ThenEach for keys that may be absent or unusable, as with ByErr; what it adds keeps its place in the View.
func ThenEachErr[E, V any, K comparable](n Node[E, V], keys func(v V, add func(K, error))) Lists[E, K] {
	return Lists[E, K]{plan: n.plan, id: addKeys(n.plan, &edge[E, K]{
		parent: n.domain, lists: true, deps: []int{n.id}, gates: gates{inherited: n.gates.all()},
		fill: func(r *run[E], d *dedupe[K], i int32) {
			if v := n.at(r, i); v.State == Loaded {
				guardedList(d, keys, v.Value)
			} else {
				d.blockedList(v.State)
			}
		},
	})}
}

// Then takes one key from each value of an earlier stage.
func Then[E, V any, K comparable](n Node[E, V], key func(V) K) Keys[E, K] {
	return ThenErr(n, func(v V) (K, error) { return key(v), nil })
}

// ThenErr is Then for keys that may be absent or unusable, as with ByErr.
func ThenErr[E, V any, K comparable](n Node[E, V], key func(V) (K, error)) Keys[E, K] {
	return Keys[E, K]{plan: n.plan, id: addKeys(n.plan, &edge[E, K]{
		parent: n.domain, deps: []int{n.id}, gates: gates{inherited: n.gates.all()},
		fill: func(r *run[E], d *dedupe[K], i int32) {
			if v := n.at(r, i); v.State == Loaded {
				d.one(guarded(key, v.Value))
			} else {
				d.blocked(v.State)
			}
		},
	})}
}

// After takes a key from each row once the stages that it names have settled. Use it for keys, and for conditions of One and
// Many, that are made of an event and of several stages' values. An error that wraps ErrBlocked makes the result Blocked. When
// the Row's Context ends, key is not called for other rows, and the run fails.
func After[E any, K comparable](p *Plan[E], key func(Row[E]) (K, error), stages ...Dep) Keys[E, K] {
	after := make([]int, len(stages))
	for i, s := range stages {
		after[i] = s.node()
	}
	return Keys[E, K]{plan: p, id: addKeys(p, &edge[E, K]{parent: rowDomain, deps: after, fill: func(r *run[E], d *dedupe[K], i int32) {
		if r.ctx.Err() != nil {
			// The events are not at fault: Rows.Err says so, and nobody uses their results.
			r.failure = worse(r.failure, context.Cause(r.ctx))
			d.blocked(Blocked)
			return
		}
		d.one(guarded(key, Row[E]{run: r, index: i}))
	}})}
}

// guarded calls a key function, and makes an unusable key of its panic.
func guarded[A any, K comparable](key func(A) (K, error), a A) (k K, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicError{value: v, stack: debug.Stack()}
		}
	}()
	return key(a)
}

// guardedList calls a function that adds keys to a list. Where it panics, the list is one unusable key.
func guardedList[A any, K comparable](d *dedupe[K], keys func(A, func(K, error)), a A) {
	defer func() {
		if v := recover(); v != nil {
			d.at = d.at[:d.listed]
			d.one(*new(K), &panicError{value: v, stack: debug.Stack()})
		}
		d.endList()
	}()
	keys(a, d.add)
}
