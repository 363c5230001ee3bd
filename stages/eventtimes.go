package stages

import "time"

// moment is a time as a key. Rows with equal moments can share a group.
type moment struct {
	sec  int64
	nsec int
}

// eventTimes are the times of the events of a stage.
type eventTimes[E any] struct {
	id      int
	at      func(E) (time.Time, error)
	element func(r *run[E], row int32) int32 // negative for a row without a key
}

// rowTimes are times in one run.
type rowTimes struct {
	times []time.Time
	errs  map[int32]error
}

func addTimes[E any](p *Plan[E], at func(E) (time.Time, error), element func(r *run[E], row int32) int32) *eventTimes[E] {
	p.times++
	return &eventTimes[E]{id: p.times - 1, at: at, element: element}
}

// in returns the times of all rows. The first call in a run asks the events for them.
func (t *eventTimes[E]) in(r *run[E]) *rowTimes {
	if known := r.rowTimes[t.id]; known != nil {
		return known
	}
	all := &rowTimes{times: make([]time.Time, len(r.events))}
	for row := range int32(len(r.events)) {
		if t.element(r, row) < 0 {
			continue
		}
		at, err := guarded(t.at, r.events[row])
		if err != nil {
			if all.errs == nil {
				all.errs = map[int32]error{}
			}
			all.errs[row] = err
		}
		all.times[row] = at
	}
	r.rowTimes[t.id] = all
	return all
}

func (t *eventTimes[E]) of(r *run[E], row int32) (time.Time, error) {
	all := t.in(r)
	return all.times[row], all.errs[row]
}

// latest returns the latest time for which each of the distinct keys is wanted.
func (t *eventTimes[E]) latest(r *run[E], keys int, each func(row int32, add func(int32))) []time.Time {
	latest := make([]time.Time, keys)
	for row, at := range t.in(r).times {
		each(int32(row), func(i int32) {
			if i >= 0 && at.After(latest[i]) {
				latest[i] = at
			}
		})
	}
	return latest
}
