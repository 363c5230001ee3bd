package stages

// Shared is a value that is made once for all rows of a run whose keys are equal, such as an encoded answer: popular
// keys stand in many rows of a batch.
type Shared[E, T any] struct {
	id    int
	value func(Row[E]) T
}

// Share adds a value to the plan that depends on the results of its stages and not on the event itself. It is made
// when the first row asks for it.
func Share[E, T any](p *Plan[E], value func(Row[E]) T) Shared[E, T] {
	p.memos++
	return Shared[E, T]{id: p.memos - 1, value: value}
}

// Of is the value for a row.
func (s Shared[E, T]) Of(row Row[E]) T {
	r := row.run
	if r.groups == nil {
		r.groups = group(r)
	}
	g := r.groups.of(row.index)
	if g < 0 {
		return s.value(row)
	}
	m, ok := r.memos[s.id].(*memo[T])
	if !ok {
		m = &memo[T]{values: make([]T, r.groups.size), made: make([]bool, r.groups.size)}
		r.memos[s.id] = m
	}
	if !m.made[g] {
		m.values[g], m.made[g] = s.value(row), true
	}
	return m.values[g]
}

type memo[T any] struct {
	values []T
	made   []bool
}

// grouping gives rows with equal keys in all key sets of the events, for which the same conditions hold, the same number.
type grouping struct {
	numbers []int32 // nil where no row shares
	size    int
}

func (g *grouping) of(row int32) int32 {
	if g.numbers == nil {
		return -1
	}
	return g.numbers[row]
}

// ungrouped is the number of rows that share with no other: those with unusable keys, and all where an event has lists of keys.
const ungrouped int32 = -1

func group[E any](r *run[E]) *grouping {
	var g grouping
	for _, d := range r.domains[1:] {
		switch {
		case d.parent != rowDomain, d.at == nil: // No stage has its keys.
			continue
		case d.lists:
			return &grouping{}
		case g.numbers == nil:
			g.numbers, g.size = make([]int32, len(d.at)), d.size+1
			for i, key := range d.at {
				g.numbers[i] = max(key+1, ungrouped)
			}
		default:
			g.combine(d.at)
		}
	}
	for _, codes := range r.conditions {
		if codes != nil && g.numbers != nil {
			g.combine(codes)
		}
	}
	return &g
}

// combine splits the groups by one more key set, or condition.
func (g *grouping) combine(at []int32) {
	pairs := make(map[[2]int32]int32, g.size)
	for i, key := range at {
		if g.numbers[i] == ungrouped || key < noKey {
			g.numbers[i] = ungrouped
			continue
		}
		pair := [2]int32{g.numbers[i], key}
		number, ok := pairs[pair]
		if !ok {
			number = int32(len(pairs))
			pairs[pair] = number
		}
		g.numbers[i] = number
	}
	g.size = len(pairs)
}

// Scratch is a value that each run has one of, such as memory that what is made of its rows is carved from. It is for one
// goroutine at a time, as the run's Rows are.
type Scratch[E, T any] struct {
	id   int
	make func(events int) T
}

// NewScratch adds a value to the plan. It is made when the first row of a run asks for it, for the run's number of events.
// Rows.Release passes it to release, for another run to use; nil leaves it to the garbage collector.
func NewScratch[E, T any](p *Plan[E], value func(events int) T, release func(T)) Scratch[E, T] {
	s := Scratch[E, T]{id: p.memos, make: value}
	p.memos++
	if release != nil {
		p.releases = append(p.releases, func(r *run[E]) {
			if value, ok := r.memos[s.id].(T); ok {
				r.memos[s.id] = nil
				release(value)
			}
		})
	}
	return s
}

// Of is the value of a row's run.
func (s Scratch[E, T]) Of(row Row[E]) T {
	value, ok := row.run.memos[s.id].(T)
	if !ok {
		value = s.make(len(row.run.events))
		row.run.memos[s.id] = value
	}
	return value
}
