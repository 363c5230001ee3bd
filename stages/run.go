package stages

import (
	"context"
	"iter"
	"time"

	"github.com/loaderline/loaderline/internal/loaderr"
)

// run is the state of one Run. The goroutine that called Run owns it; loads run in other goroutines and hand
// their results back to it, so that nothing here is locked.
type run[E any] struct {
	ctx        context.Context //nolint:containedctx // The context of Run, which a run does not outlive.
	plan       *Plan[E]
	events     []E
	budget     budget
	keys       []any       // *dedupe[K], by edge
	domains    []domain    // by edge + 1; the first is that of the events
	requests   []any       // *request[K, V], by node
	settled    []bool      // by node
	times      []times     // by node
	requesters []requester // *keyRequests[K, V], by planLoader
	bad        []error     // errors of unusable keys
	rowTimes   []*rowTimes // by eventTimes, once they were asked for
	versions   []any       // map[versionKey]Result[V], by eventTimes
	failure    error       // the worst of the run as a whole
	groups     *grouping   // of the rows, once it was asked for
}

// times are when a node asked for its keys and when all of them had settled, from the start of the run.
type times struct{ asked, settled time.Duration }

// domain is a set of elements that results are kept for: the rows, or the distinct keys of a key set. at maps the elements
// of the parent domain to those of this one.
type domain struct {
	parent int
	at     []int32
	size   int
	lists  bool
}

func newRun[E any](ctx context.Context, p *Plan[E], events []E) *run[E] {
	r := &run[E]{
		ctx:  ctx,
		plan: p, events: events, budget: newBudget(p.InitialBackoff, p.MaxBackoff, p.MaxElapsed),
		keys:       make([]any, len(p.edges)),
		domains:    make([]domain, len(p.edges)+1),
		requests:   make([]any, len(p.nodes)),
		settled:    make([]bool, len(p.nodes)),
		times:      make([]times, len(p.nodes)),
		requesters: make([]requester, len(p.loaders)),
		rowTimes:   make([]*rowTimes, p.times),
		versions:   make([]any, p.times),
	}
	r.domains[rowDomain] = domain{parent: -1, size: len(events)}
	for i, l := range p.loaders {
		r.requesters[i] = l.open(l.users > 1, l.timed)
	}
	return r
}

// schedule runs the plan: it computes the keys that can be known, asks for them, sends one call for each loader that
// was started, and continues with the results of each call, in the order in which they arrive.
func (r *run[E]) schedule(ctx context.Context) {
	answers := make(chan func() (settled []int, failure error))
	running := 0
	for {
		for r.advance() {
			for _, q := range r.requesters {
				call, settled := q.flush()
				r.settle(settled)
				if call == nil {
					continue
				}
				running++
				go func() { answers <- call(ctx, r.budget) }()
			}
		}
		if running == 0 {
			return
		}
		settled, failure := (<-answers)()
		running--
		r.failure = worse(r.failure, failure)
		r.settle(settled)
	}
}

// advance computes the key sets whose dependencies have settled, and lets their stages ask for them. It reports whether there were any.
func (r *run[E]) advance() bool {
	asked := false
	for i, k := range r.plan.edges {
		if r.keys[i] != nil || !r.plan.wants(i) || !r.allSettled(k.after()) {
			continue
		}
		k.compute(r)
		for id, n := range r.plan.nodes {
			if n.edge() == i {
				r.times[id].asked = r.elapsed()
				n.request(r)
				asked = true
			}
		}
	}
	return asked
}

func (r *run[E]) allSettled(nodes []int) bool {
	for _, n := range nodes {
		if !r.settled[n] {
			return false
		}
	}
	return true
}

func (r *run[E]) settle(nodes []int) {
	for _, n := range nodes {
		r.settled[n] = true
		r.times[n].settled = r.elapsed()
	}
}

// criticalPath yields the nodes that the run waited for, from the last to the first: see StageStats.Critical.
func (r *run[E]) criticalPath() iter.Seq[int] {
	return func(yield func(int) bool) {
		last := -1
		for node := range r.plan.nodes {
			last = r.later(last, node)
		}
		for last >= 0 && yield(last) {
			before := -1
			for _, node := range r.plan.edges[r.plan.nodes[last].edge()].after() {
				before = r.later(before, node)
			}
			last = before
		}
	}
}

// later returns the one of two nodes that settled later. -1 is no node.
func (r *run[E]) later(a, b int) int {
	if a < 0 || r.times[b].settled > r.times[a].settled {
		return b
	}
	return a
}

func (r *run[E]) elapsed() time.Duration { return time.Since(r.budget.start) }

func (r *run[E]) size(domain int) int { return r.domains[domain].size }

// resolve maps a row to the element of a domain that it has, or to a code.
func (r *run[E]) resolve(domain int, row int32) int32 {
	if domain == rowDomain {
		return row
	}
	d := &r.domains[domain]
	switch i := r.resolve(d.parent, row); {
	case i >= 0:
		return d.at[i]
	case i == noKey:
		return noKey
	default:
		return blockedKey
	}
}

// addBad keeps the error of an unusable key and returns its code.
func (r *run[E]) addBad(err error) int32 {
	r.bad = append(r.bad, &loaderr.BadKeyError{Err: err})
	return firstBad - int32(len(r.bad)-1)
}

func (r *run[E]) badKey(code int32) error { return r.bad[firstBad-code] }
