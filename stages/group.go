package stages

// Group returns a number that rows of a run share if all of their keys are equal, and the same conditions hold for
// them. Their results are equal in all stages, so a value computed from the results alone can be shared. Popular keys
// are in many rows of a batch. It returns -1 for a row that shares its keys with no other: one with an unusable key,
// and every row if events have lists of keys. Numbers are less than the number of rows.
func (r Row[E]) Group() int {
	if r.run.groups == nil {
		r.run.groups = group(r.run)
	}
	return int(r.run.groups.of(r.index))
}

// grouping gives rows with equal keys in all key sets of the events, conditions among them, the same number.
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
				switch {
				case key >= 0:
					g.numbers[i] = key
				case key == noKey:
					g.numbers[i] = int32(d.size)
				default:
					g.numbers[i] = ungrouped
				}
			}
		default:
			g.combine(d.at)
		}
	}
	return &g
}

// combine splits the groups by one more key set.
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
