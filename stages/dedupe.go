package stages

import (
	"errors"
	"sync"
)

// rowDomain is the domain of the events themselves. Every key set spans one more domain: that of its distinct keys,
// whose elements the stages over it have their results for.
const rowDomain = 0

// An element without a usable key has a code instead of an index: one of these, or firstBad less the index of its error.
const (
	noKey      int32 = -1
	blockedKey int32 = -2
	firstBad   int32 = -3
)

// edge is one key set of a plan: it maps each element of its parent domain to distinct keys.
type edge[E any, K comparable] struct {
	id     int
	base   *edge[E, K] // the same keys without conditions; nil if this has none
	parent int
	lists  bool
	deps   []int
	gates  gates
	fill   func(r *run[E], d *dedupe[K], element int32)
	spare  sync.Pool // of map[K]int32
}

func addKeys[E any, K comparable](p *Plan[E], k *edge[E, K]) int {
	k.id = len(p.edges)
	p.edges = append(p.edges, k)
	return k.id
}

func (k *edge[E, K]) after() []int { return k.deps }

func (k *edge[E, K]) compute(r *run[E]) {
	n := r.size(k.parent)
	seen, ok := k.spare.Get().(map[K]int32)
	if !ok {
		seen = make(map[K]int32, n)
	}
	d := &dedupe[K]{at: make([]int32, 0, n), seen: seen, bad: r.addBad}
	d.add = d.one
	var idle []bool
	if !k.gates.none() {
		idle = unwanted(r, k.parent, k.gates)
	}
	for i := range int32(n) {
		switch {
		case idle == nil || !idle[i]:
			k.fill(r, d, i)
		case k.lists:
			d.blockedList(Missing)
		default:
			d.blocked(Missing)
		}
	}
	clear(seen)
	k.spare.Put(seen)
	d.seen = nil
	r.keys[k.id] = d
	r.domains[k.id+1] = domain{parent: k.parent, at: d.at, size: len(d.distinct), lists: k.lists}
}

// dedupe is a key set in one run: distinct keys, and for each element of the parent domain which of them it has.
type dedupe[K comparable] struct {
	distinct []K
	at       []int32 // indexes into distinct, or codes
	spans    []span  // for Lists: the part of at that each element has

	seen map[K]int32
	bad  func(error) int32
	add  func(K, error) // one, as a value made once

	listed int32 // how much of at belongs to lists that have ended
}

func (d *dedupe[K]) one(k K, err error) {
	if err != nil {
		d.at = append(d.at, d.code(err))
		return
	}
	i, ok := d.seen[k]
	if !ok {
		i = int32(len(d.distinct))
		d.seen[k] = i
		d.distinct = append(d.distinct, k)
	}
	d.at = append(d.at, i)
}

func (d *dedupe[K]) code(err error) int32 {
	switch {
	case errors.Is(err, ErrNoKey):
		return noKey
	case errors.Is(err, ErrBlocked):
		return blockedKey
	}
	return d.bad(err)
}

// without is the code of what comes after an element without a value.
func without(s State) int32 {
	if s == Missing {
		return noKey
	}
	return blockedKey
}

// keyless returns the result for an element without a usable key, by its code. bad returns the error of an unusable key.
func keyless[V any](code int32, bad func(int32) error) Result[V] {
	switch code {
	case noKey:
		return Result[V]{Err: ErrNoKey}
	case blockedKey:
		return Result[V]{Err: ErrBlocked, State: Blocked}
	default:
		return Result[V]{Err: bad(code), State: Failed}
	}
}

func (d *dedupe[K]) blocked(s State) { d.at = append(d.at, without(s)) }

// span is a part of at. An element that has no list has a code for from.
type span struct{ from, to int32 }

// endList ends the list of an element, which began where the last one ended.
func (d *dedupe[K]) endList() {
	d.spans = append(d.spans, span{from: d.listed, to: int32(len(d.at))})
	d.listed = int32(len(d.at))
}

func (d *dedupe[K]) blockedList(s State) { d.spans = append(d.spans, span{from: without(s)}) }
