package stages

import (
	"context"
	"errors"
	"slices"
)

// Condition says for which rows a stage runs. It is made by When, and given to the keys of stages by If.
type Condition[E any] struct {
	plan *Plan[E]
	id   int
}

// When adds a condition to the plan. holds is called once for each row of a run, after the stages that are named have
// settled. Its error fails the row's result as an unusable key does; one that wraps ErrBlocked makes it Blocked. When the
// Row's Context ends, holds is not called for other rows, and the run fails.
func When[E any](p *Plan[E], holds func(Row[E]) (bool, error), stages ...Dep) Condition[E] {
	c := &condition[E]{holds: holds}
	for _, s := range stages {
		c.after = append(c.after, s.node())
	}
	p.conditions = append(p.conditions, c)
	return Condition[E]{plan: p, id: len(p.conditions) - 1}
}

// If are the same keys, for a stage that runs only for rows for which c holds. Stages whose keys come from that one's
// values run only for these rows too.
func (k Keys[E, K]) If(c Condition[E]) Keys[E, K] {
	return Keys[E, K]{plan: k.plan, id: onlyIf[E, K](k.plan, k.id, c)}
}

// If are the same lists, for a stage that runs only for rows for which c holds, as Keys.If.
func (l Lists[E, K]) If(c Condition[E]) Lists[E, K] {
	return Lists[E, K]{plan: l.plan, id: onlyIf[E, K](l.plan, l.id, c)}
}

func onlyIf[E any, K comparable](p *Plan[E], keys int, c Condition[E]) int {
	checkPlan(p, c.plan)
	k := p.edges[keys].(*edge[E, K])
	conditional := &edge[E, K]{
		id: len(p.edges), parent: k.parent, lists: k.lists, fill: k.fill,
		deps:  slices.Concat(k.deps, p.conditions[c.id].after),
		gates: gates{inherited: k.gates.inherited, own: slices.Concat(k.gates.own, []int{c.id})},
	}
	p.edges = append(p.edges, conditional)
	return conditional.id
}

// condition is a Condition in its plan.
type condition[E any] struct {
	after []int
	holds func(Row[E]) (bool, error)
}

// open is the code of a row for which a condition holds; noKey is that of others.
const open int32 = 0

// codes are what a condition says of each row. They are found when they are first asked for.
func (r *run[E]) codes(id int) []int32 {
	if r.conditions[id] != nil {
		return r.conditions[id]
	}
	codes := make([]int32, len(r.events))
	for i := range codes {
		if r.ctx.Err() != nil {
			// The events are not at fault: Rows.Err says so, and what they are then said to be is used by nobody.
			r.failure = worse(r.failure, context.Cause(r.ctx))
			codes[i] = blockedKey
			continue
		}
		switch holds, err := guarded(r.plan.conditions[id].holds, Row[E]{run: r, index: int32(i)}); {
		case errors.Is(err, ErrBlocked):
			codes[i] = blockedKey
		case err != nil:
			codes[i] = r.addBad(err)
		case !holds:
			codes[i] = noKey
		}
	}
	r.conditions[id] = codes
	return codes
}

// gates are the conditions that a stage runs under: those of the stages that its keys come from, and its own.
type gates struct{ inherited, own []int }

func (g gates) none() bool { return len(g.inherited)+len(g.own) == 0 }

// all are the gates that a stage hands on to those whose keys come from it.
func (g gates) all() []int { return slices.Concat(g.inherited, g.own) }

// through is what the conditions of some gates together say of a row.
func through[E any](r *run[E], g gates, row int32) int32 {
	for _, id := range g.inherited {
		switch r.codes(id)[row] {
		case open:
		case noKey:
			return noKey
		default:
			return blockedKey // The stage before could not tell.
		}
	}
	for _, id := range g.own {
		if code := r.codes(id)[row]; code != open {
			return code
		}
	}
	return open
}

// unwanted says for which elements of a domain there is no row that passes the gates: what has them is never looked at.
func unwanted[E any](r *run[E], domain int, g gates) []bool {
	idle := slices.Repeat([]bool{true}, r.size(domain))
	for row := range int32(len(r.events)) {
		if through(r, g, row) != open {
			continue
		}
		if i := r.resolve(domain, row); i >= 0 {
			idle[i] = false
		}
	}
	return idle
}

// shut is the result for a row that does not pass its stage's gates.
func shut[E, V any](r *run[E], code int32) Result[V] {
	switch code {
	case noKey:
		return Result[V]{Err: ErrSkipped}
	case blockedKey:
		return Result[V]{Err: ErrBlocked, State: Blocked}
	default:
		return Result[V]{Err: r.badKey(code), State: Failed}
	}
}
