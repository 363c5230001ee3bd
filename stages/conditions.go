package stages

import "slices"

// conditional returns the edge of some keys for stages that run only for rows for which conditions hold. Stages with the same
// keys and conditions share it.
func conditional[E any, K comparable](p *Plan[E], keys int, conditions []Keys[E, bool]) int {
	if len(conditions) == 0 {
		return keys
	}
	k := p.edges[keys].(*edge[E, K])
	g := gates{inherited: slices.Clone(k.gates.inherited)}
	deps := slices.Clone(k.deps)
	for _, c := range conditions {
		checkPlan(p, c.plan)
		condition := p.edges[c.id].(*edge[E, bool])
		g.inherited = append(g.inherited, condition.gates.all()...)
		g.own = append(g.own, c.id)
		deps = append(deps, condition.deps...)
	}
	for id, known := range p.edges {
		if same, is := known.(*edge[E, K]); is && same.base == k && slices.Equal(same.gates.own, g.own) {
			return id
		}
	}
	p.conditions = append(p.conditions, g.own...)
	return addKeys(p, &edge[E, K]{base: k, parent: k.parent, lists: k.lists, fill: k.fill, deps: deps, gates: g})
}

// open is the code of a row for which a condition holds; noKey is that of others.
const open int32 = 0

// code is what a condition says of a row: open, noKey, blockedKey, or the code of an error.
func (r *run[E]) code(condition int, row int32) int32 {
	i := r.resolve(condition+1, row)
	switch {
	case i < 0:
		return i
	case r.keys[condition].(*dedupe[bool]).distinct[i]:
		return open
	default:
		return noKey
	}
}

// gates are the conditions that a stage runs under, by their edges: those of the stages that its keys and its conditions come
// from, and its own.
type gates struct{ inherited, own []int }

func (g gates) none() bool { return len(g.inherited)+len(g.own) == 0 }

// all are the gates that a stage hands on to those whose keys come from it.
func (g gates) all() []int { return slices.Concat(g.inherited, g.own) }

// through is what the conditions of some gates together say of a row.
func through[E any](r *run[E], g gates, row int32) int32 {
	for _, condition := range g.inherited {
		switch r.code(condition, row) {
		case open:
		case noKey:
			return noKey
		default:
			return blockedKey // The stage before could not tell.
		}
	}
	for _, condition := range g.own {
		if code := r.code(condition, row); code != open {
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
