package stages

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Plan is a set of stages over events of type E. Its zero value is an empty plan. Build it with By, Then, One and
// Many from one goroutine; a built plan is safe for concurrent use by Run.
//
// A stage can be written only after the stages that its keys come from, so a plan cannot contain a cycle.
type Plan[E any] struct {
	// InitialBackoff is the first pause before keys are tried again after a transient error. Further pauses grow exponentially,
	// with jitter. Defaults to 100 ms.
	InitialBackoff time.Duration
	// MaxBackoff is the longest pause. Defaults to 5 s.
	MaxBackoff time.Duration
	// MaxElapsed bounds the retries of one run over all its stages, from its start to the last try. Defaults to 30 s; negative
	// means no retries.
	MaxElapsed time.Duration

	edges      []keySet[E]
	nodes      []stage[E]
	loaders    []*planLoader
	conditions []int // the edges whose keys are conditions of stages
	derived    []int // the edges whose keys are made of the results of stages
	times      int   // how many stages have a time for each row
}

// keySet computes the keys of one or more stages for a run.
type keySet[E any] interface {
	after() []int // the nodes that have to be settled before
	compute(r *run[E])
}

// stage is a node of the plan, as the scheduler sees it.
type stage[E any] interface {
	edge() int         // its key set
	request(r *run[E]) // adds the keys of its key set to its loader's keyRequests
	stats(r *run[E]) StageStats
	rename(name string)
}

// planLoader is a loader of a plan.
type planLoader struct {
	loader any                                // the *Loader
	users  int                                // the number of stages that use it
	timed  bool                               // it matters for which times keys are wanted
	open   func(shared, timed bool) requester // makes its keyRequests for a run
}

// Run loads the keys of all stages for events, and returns when every key is settled, or ctx has ended. Loads of stages
// that do not depend on each other run at the same time; a stage starts when its own keys are known. Look at Rows.Err
// before the rows are published anywhere.
func (p *Plan[E]) Run(ctx context.Context, events []E) *Rows[E] {
	r := newRun(ctx, p, events)
	r.schedule(ctx)
	return &Rows[E]{run: r}
}

// wants reports whether the keys of an edge are those of a stage, or a condition, or made of results.
func (p *Plan[E]) wants(edge int) bool {
	return slices.Contains(p.conditions, edge) || slices.Contains(p.derived, edge) || slices.ContainsFunc(p.nodes, func(n stage[E]) bool { return n.edge() == edge })
}

// Dep is a stage that keys may depend on: any Node.
type Dep interface{ node() int }

// Node is a stage of a plan, with access to its results.
type Node[E, V any] struct {
	plan   *Plan[E]
	id     int
	domain int
	gates  gates
	lists  bool                               // the domain is that of the stage before: its bad keys are not this stage's own
	at     func(r *run[E], i int32) Result[V] // the result of the i-th element of the domain
}

func (n Node[E, V]) node() int { return n.id }

// Of returns the result of the stage for a row.
func (n Node[E, V]) Of(row Row[E]) Result[V] {
	if !n.gates.none() {
		if code := through(row.run, n.gates, row.index); code != open {
			return shut[E, V](row.run, code)
		}
	}
	return n.result(row.run, row.run.resolve(n.domain, row.index))
}

// result maps the index of an element of the node's domain, or one of the codes of an element without a key.
func (n Node[E, V]) result(r *run[E], i int32) Result[V] {
	if i >= 0 {
		return n.at(r, i)
	}
	if n.lists {
		i = max(i, blockedKey)
	}
	return keyless[V](i, r.badKey)
}

// Named gives the stage a name for statistics, instead of its loader's, and returns it.
func (n Node[E, V]) Named(name string) Node[E, V] {
	n.plan.nodes[n.id].rename(name)
	return n
}

func checkPlan[E any](p, q *Plan[E]) {
	if p != q {
		panic(fmt.Sprintf("stages: the keys belong to another Plan[%T]", *new(E)))
	}
}
