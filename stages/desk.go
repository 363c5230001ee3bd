package stages

import (
	"context"
	"slices"
)

// desk is where the stages of one run that share a loader ask for keys: each key is loaded once in a run, whoever
// asks for it and however often, and all that is asked for before the desk dispatches goes out in one call.
type desk interface {
	// dispatch makes the call for what was asked for since the last one, nil where that is nothing. settled are the
	// nodes that have all their answers already.
	dispatch() (call deskCall, settled []int)
}

// deskCall loads, and answers a function that takes the results in: it is run by the owner of the run.
type deskCall func(context.Context, budget) func() (settled []int, failure error)

type loaderDesk[K comparable, V any] struct {
	loader *Loader[K, V]
	slots  []slot[V]
	index  map[K]int32 // key -> slot; nil where one stage alone uses the loader, whose keys are distinct already
	fresh  []K         // asked for and not dispatched, the last of the slots
	asked  []*request[K, V]
}

// slot is one key of one run.
type slot[V any] struct {
	result Result[V]
	origin Origin
	owner  int // the node that asked first
	load   *load[V]
}

// load is a call under way, and the requests that wait for it.
type load[V any] struct{ waiting []waiter }

type waiter interface {
	answered() (node int, settled bool)
}

// request is what one stage asked for: its distinct keys, by position.
type request[K comparable, V any] struct {
	desk    *loaderDesk[K, V]
	node    int
	first   int32   // the first slot, where at is nil
	at      []int32 // the slot of each key
	size    int
	pending int // loads that it waits for
	calls   CallStats
}

func newDesk[K comparable, V any](l *Loader[K, V], shared bool) *loaderDesk[K, V] {
	d := &loaderDesk[K, V]{loader: l}
	if shared {
		d.index = make(map[K]int32)
	}
	return d
}

func (d *loaderDesk[K, V]) ask(node int, keys []K) *request[K, V] {
	q := &request[K, V]{desk: d, node: node, first: int32(len(d.slots)), size: len(keys)}
	d.asked = append(d.asked, q)
	if d.index == nil {
		d.slots, d.fresh = make([]slot[V], len(keys)), keys
		for i := range d.slots {
			d.slots[i].owner = node
		}
		return q
	}
	q.at = make([]int32, len(keys))
	for i, k := range keys {
		s, known := d.index[k]
		if !known {
			s = int32(len(d.slots))
			d.index[k] = s
			d.slots = append(d.slots, slot[V]{owner: node})
			d.fresh = append(d.fresh, k)
		}
		q.at[i] = s
	}
	return q
}

func (q *request[K, V]) slot(i int32) *slot[V] {
	if q.at == nil {
		return &q.desk.slots[q.first+i]
	}
	return &q.desk.slots[q.at[i]]
}

func (q *request[K, V]) answered() (int, bool) {
	q.pending--
	return q.node, q.pending == 0
}

func (d *loaderDesk[K, V]) dispatch() (deskCall, []int) {
	if len(d.asked) == 0 {
		return nil, nil
	}
	asked, fresh := d.asked, d.fresh
	d.asked, d.fresh = nil, nil
	from := len(d.slots) - len(fresh)
	call := &load[V]{}
	for i := from; i < len(d.slots); i++ {
		d.slots[i].load = call
	}
	var settled []int
	for _, q := range asked {
		d.wait(q)
		if q.pending == 0 {
			settled = append(settled, q.node)
		}
	}
	if len(fresh) == 0 {
		return nil, settled
	}
	return func(ctx context.Context, b budget) func() ([]int, error) {
		a := d.loader.load(ctx, fresh, b)
		return func() ([]int, error) { return d.take(from, a, asked, call), a.failure }
	}, settled
}

// wait lets a request wait for each load that has one of its keys.
func (d *loaderDesk[K, V]) wait(q *request[K, V]) {
	var last *load[V]
	for i := range int32(q.size) {
		l := q.slot(i).load
		if l == nil || l == last || l.hasWaiter(q) {
			continue
		}
		last = l
		l.waiting = append(l.waiting, q)
		q.pending++
	}
}

func (l *load[V]) hasWaiter(q waiter) bool {
	return slices.Contains(l.waiting, q)
}

// take settles the slots of a call, and answers the nodes that have all their answers now.
func (d *loaderDesk[K, V]) take(from int, a answer[V], asked []*request[K, V], call *load[V]) []int {
	for i, r := range a.results {
		s := &d.slots[from+i]
		s.result, s.origin, s.load = r, a.origins[i], nil
	}
	asked[0].calls.add(a.calls)
	var settled []int
	for _, w := range call.waiting {
		if node, ok := w.answered(); ok {
			settled = append(settled, node)
		}
	}
	return settled
}

// count is the funnel of the request's keys.
func (q *request[K, V]) count(name string) StageStats {
	s := StageStats{Stage: name, Unique: q.size, Calls: q.calls}
	for i := range int32(q.size) {
		switch slot := q.slot(i); {
		case slot.owner != q.node, slot.origin.From == FromFlight:
			s.Coalesced++
		case slot.result.State == Failed:
			s.Failed++
		case slot.origin.From == FromCache && slot.result.State == Missing:
			s.Negative++
		case slot.origin.From == FromCache, slot.result.Stale > 0:
			s.Hit++
		case slot.result.State == Missing:
			s.Missing++
		default:
			s.Loaded++
		}
	}
	return s
}
