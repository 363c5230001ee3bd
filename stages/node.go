package stages

import (
	"iter"
	"slices"
	"time"
)

// One adds a stage with one key for each element: a profile of each event's user.
//
// The stage runs only for rows for which all conditions hold. The keys of a condition say whether it holds. The result for
// other rows is Missing with ErrSkipped, also in stages whose keys come from this stage's values. If a condition has no key,
// it does not hold. If it fails, the stage fails for the row, and if it is blocked, so is the stage.
func One[E any, K comparable, V any](p *Plan[E], l *Loader[K, V], keys Keys[E, K], conditions ...Keys[E, bool]) Node[E, V] {
	checkPlan(p, keys.plan)
	id := conditional[E, K](p, keys.id, conditions)
	n := addNode[E](p, l, id)
	k := p.edges[id].(*edge[E, K])
	return Node[E, V]{
		plan: p, id: n.id, domain: id + 1, gates: k.gates,
		at: func(r *run[E], i int32) Result[V] { return n.of(r).slot(i).result },
	}
}

// Many adds a stage with any number of keys for each element: the reviews of each of a user's purchases. Its result is
// Loaded with a View, which may be empty and holds a result for each key; Missing or Blocked follow the element's own. The
// stage runs only for rows for which all conditions hold, as One says.
func Many[E any, K comparable, V any](p *Plan[E], l *Loader[K, V], keys Lists[E, K], conditions ...Keys[E, bool]) Node[E, View[K, V]] {
	checkPlan(p, keys.plan)
	id := conditional[E, K](p, keys.id, conditions)
	n := addNode[E](p, l, id)
	k := p.edges[id].(*edge[E, K])
	return Node[E, View[K, V]]{
		plan: p, id: n.id, domain: k.parent, gates: k.gates, lists: true,
		at: func(r *run[E], i int32) Result[View[K, V]] {
			d := r.keys[id].(*dedupe[K])
			span := d.spans[i]
			if span.from < 0 {
				return keyless[View[K, V]](span.from, r.badKey)
			}
			return Result[View[K, V]]{State: Loaded, Value: View[K, V]{
				keys: d.distinct, at: d.at[span.from:span.to], request: n.of(r), bad: r.badKey,
			}}
		},
	}
}

// loadNode is a node of a plan that loads the keys of one edge.
type loadNode[E any, K comparable, V any] struct {
	id, edgeID int
	loader     int // its planLoader
	name       string
	// latest returns the latest time for which each of the keys is wanted. nil: the values have no versions.
	latest func(r *run[E]) []time.Time
}

func addNode[E any, K comparable, V any](p *Plan[E], l *Loader[K, V], edgeID int) *loadNode[E, K, V] {
	n := &loadNode[E, K, V]{id: len(p.nodes), edgeID: edgeID, name: l.cfg.Name}
	p.nodes = append(p.nodes, n)
	for i, known := range p.loaders {
		if known.loader == any(l) {
			n.loader = i
			known.users++
			return n
		}
	}
	n.loader = len(p.loaders)
	p.loaders = append(p.loaders, &planLoader{loader: l, users: 1, open: func(shared, timed bool) requester { return newKeyRequests(l, shared, timed) }})
	return n
}

// addTimedNode adds a node whose keys are wanted for some times.
func addTimedNode[E any, K comparable, V any](p *Plan[E], l *Loader[K, V], edgeID int) *loadNode[E, K, V] {
	n := addNode[E](p, l, edgeID)
	p.loaders[n.loader].timed = l.minds()
	return n
}

func (n *loadNode[E, K, V]) edge() int { return n.edgeID }

func (n *loadNode[E, K, V]) rename(name string) { n.name = name }

func (n *loadNode[E, K, V]) request(r *run[E]) {
	requests := r.requesters[n.loader].(*keyRequests[K, V])
	keys := r.keys[n.edgeID].(*dedupe[K]).distinct
	var wanted wantedAt
	switch {
	case !requests.timed:
	case n.latest != nil:
		wanted = n.latest(r)
	default:
		wanted = slices.Repeat([]time.Time{forever}, len(keys))
	}
	r.requests[n.id] = requests.add(n.id, keys, wanted)
}

func (n *loadNode[E, K, V]) of(r *run[E]) *request[K, V] { return r.requests[n.id].(*request[K, V]) }

func (n *loadNode[E, K, V]) stats(r *run[E]) StageStats { return n.of(r).count(n.name) }

// View is the results for a list of keys, in the order of the list. It reads the run's own results and copies nothing.
type View[K comparable, V any] struct {
	keys    []K
	at      []int32
	request *request[K, V]
	result  func(int32) Result[V] // of a key, in place of the request; may be nil
	bad     func(int32) error
}

// Len returns the number of keys in the list, duplicates and absent ones included.
func (v View[K, V]) Len() int { return len(v.at) }

// At returns the i-th key and its result. An absent or unusable key is the zero K, Missing or Failed.
func (v View[K, V]) At(i int) (K, Result[V]) {
	switch j := v.at[i]; {
	case j >= 0 && v.result != nil:
		return v.keys[j], v.result(j)
	case j >= 0:
		return v.keys[j], v.request.slot(j).result
	default:
		return *new(K), keyless[V](j, v.bad)
	}
}

// Get returns the result for a key. It is Missing if the list has no such key. Get reads along the list.
func (v View[K, V]) Get(key K) Result[V] {
	for i, j := range v.at {
		if j >= 0 && v.keys[j] == key {
			_, r := v.At(i)
			return r
		}
	}
	return Result[V]{}
}

// All yields each key of the list with its result.
func (v View[K, V]) All() iter.Seq2[K, Result[V]] {
	return func(yield func(K, Result[V]) bool) {
		for i := range v.at {
			if !yield(v.At(i)) {
				return
			}
		}
	}
}
