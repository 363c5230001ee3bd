package stages

import (
	"context"
	"slices"
)

// requester collects the keys that the stages of one run ask one loader for, whatever the types of the keys and values.
type requester interface {
	// flush returns the call that loads the keys that were added since the last flush, or nil if there are none. settled are
	// the nodes whose keys are all loaded already.
	flush() (call loadCall, settled []int)
}

// loadCall loads keys and returns a function that stores the results. The goroutine that owns the run calls that function.
type loadCall func(context.Context, budget) func() (settled []int, failure error)

// keyRequests collects the keys that the stages of one run ask one loader for. A run loads each key once, however many stages
// want it, and one call loads all keys that were added between two flushes.
type keyRequests[K comparable, V any] struct {
	loader *Loader[K, V]
	timed  bool // keys are wanted for some times
	slots  []slot[V]
	index  map[K]int32 // the slot of each key; nil if a single stage uses the loader, since its keys are distinct
	fresh  []K         // the keys of the last slots, to be loaded by the next flush
	wanted wantedAt    // by slot, if timed
	added  []*request[K, V]
}

// slot is one key of one run.
type slot[V any] struct {
	result Result[V]
	origin origin
	owner  int // the node that asked first
	call   *pendingCall
}

// pendingCall is a call in progress, with the requests that wait for it.
type pendingCall struct{ waiting []waiter }

type waiter interface {
	// callEnded says which node the request is of, and whether no call is left that it waits for.
	callEnded() (node int, settled bool)
}

// request has the distinct keys that one stage asked for, by position.
type request[K comparable, V any] struct {
	requests *keyRequests[K, V]
	node     int
	first    int32   // the slot of the first key, if at is nil
	at       []int32 // the slot of each key
	size     int
	pending  int // the calls that it waits for
	calls    callStats
}

func newKeyRequests[K comparable, V any](l *Loader[K, V], shared, timed bool) *keyRequests[K, V] {
	d := &keyRequests[K, V]{loader: l, timed: timed}
	if shared {
		d.index = make(map[K]int32)
	}
	return d
}

// add adds the distinct keys of a node. wanted is nil if the requests are not timed.
func (d *keyRequests[K, V]) add(node int, keys []K, wanted wantedAt) *request[K, V] {
	q := &request[K, V]{requests: d, node: node, first: int32(len(d.slots)), size: len(keys)}
	d.added = append(d.added, q)
	if d.index == nil {
		d.slots, d.fresh, d.wanted = make([]slot[V], len(keys)), keys, wanted
		for i := range d.slots {
			d.slots[i].owner = node
		}
		return q
	}
	q.at = make([]int32, len(keys))
	for i, k := range keys {
		s, known := d.index[k]
		if !known || !d.want(s, wanted, i) {
			s = int32(len(d.slots))
			d.index[k] = s
			d.slots = append(d.slots, slot[V]{owner: node})
			d.fresh = append(d.fresh, k)
			if d.timed {
				d.wanted = append(d.wanted, wanted[i])
			}
		}
		q.at[i] = s
	}
	return q
}

// want has the key of a slot loaded for the time wanted[i] too. It returns false if it is too late for that: the key is loaded already, or
// about to be, for an earlier time.
func (d *keyRequests[K, V]) want(s int32, wanted wantedAt, i int) bool {
	if !d.timed || !wanted[i].After(d.wanted[s]) {
		return true
	}
	if int(s) < len(d.slots)-len(d.fresh) {
		return false
	}
	d.wanted[s] = wanted[i]
	return true
}

func (d *keyRequests[K, V]) flush() (loadCall, []int) {
	if len(d.added) == 0 {
		return nil, nil
	}
	added, fresh := d.added, d.fresh
	d.added, d.fresh = nil, nil
	from := len(d.slots) - len(fresh)
	call := &pendingCall{}
	for i := from; i < len(d.slots); i++ {
		d.slots[i].call = call
	}
	var settled []int
	for _, q := range added {
		q.await()
		if q.pending == 0 {
			settled = append(settled, q.node)
		}
	}
	if len(fresh) == 0 {
		return nil, settled
	}
	var wanted wantedAt
	if d.timed {
		wanted = d.wanted[from:len(d.slots):len(d.slots)]
	}
	return func(ctx context.Context, b budget) func() ([]int, error) {
		a := d.loader.load(ctx, fresh, wanted, b)
		return func() ([]int, error) {
			added[0].calls.add(a.calls)
			return d.store(from, a, call), a.failure
		}
	}, settled
}

// store puts the results of a call into the slots from the given one on, and returns the nodes that wait for no other call.
func (d *keyRequests[K, V]) store(from int, a answer[V], call *pendingCall) []int {
	for i, r := range a.results {
		s := &d.slots[from+i]
		s.result, s.origin, s.call = r, a.origins[i], nil
	}
	var settled []int
	for _, w := range call.waiting {
		if node, ok := w.callEnded(); ok {
			settled = append(settled, node)
		}
	}
	return settled
}

func (q *request[K, V]) slot(i int32) *slot[V] {
	if q.at == nil {
		return &q.requests.slots[q.first+i]
	}
	return &q.requests.slots[q.at[i]]
}

// await lets the request wait for each call that loads one of its keys.
func (q *request[K, V]) await() {
	var last *pendingCall
	for i := range int32(q.size) {
		c := q.slot(i).call
		if c == nil || c == last || slices.Contains(c.waiting, waiter(q)) {
			continue
		}
		last = c
		c.waiting = append(c.waiting, q)
		q.pending++
	}
}

func (q *request[K, V]) callEnded() (int, bool) {
	q.pending--
	return q.node, q.pending == 0
}

// count says how each of the request's keys ended.
func (q *request[K, V]) count(name string) StageStats {
	s := StageStats{Stage: name, Unique: q.size, Calls: q.calls.calls, CallTime: q.calls.took, Extra: q.calls.extra}
	for i := range int32(q.size) {
		switch slot := q.slot(i); {
		case slot.owner != q.node, slot.origin == fromFlight:
			s.Coalesced++
		case slot.result.State == Failed:
			s.Failed++
		case slot.origin == fromCache && slot.result.State == Missing:
			s.Negative++
			s.hitIn(slot.result.Tier)
		case slot.origin == fromCache, slot.result.Stale:
			s.Hit++
			s.hitIn(slot.result.Tier)
		case slot.result.State == Missing:
			s.Missing++
		default:
			s.Loaded++
		}
	}
	return s
}
