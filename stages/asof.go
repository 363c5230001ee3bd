package stages

import "time"

// AsOf adds a stage as One does, but its loader's values are all versions of a key. The result for a row is the version that is valid
// at the row's time, or Missing if none is valid then. at returns the time of an event, with errors as the function of ByErr. It is
// called once for each row that has a key.
func AsOf[E any, K comparable, V Timeline[W], W any](
	p *Plan[E], l *Loader[K, V], keys Keys[E, K], at func(E) (time.Time, error), conditions ...Keys[E, bool],
) Node[E, W] {
	checkPlan(p, keys.plan)
	id := conditional[E, K](p, keys.id, conditions)
	n := addTimedNode[E](p, l, id)
	k := p.edges[id].(*edge[E, K])
	times := addTimes(p, at, func(r *run[E], row int32) int32 { return r.resolve(id+1, row) })
	n.latest = func(r *run[E]) []time.Time {
		return times.latest(r, r.size(id+1), func(row int32, add func(int32)) { add(r.resolve(id+1, row)) })
	}
	v := &versions[E, V, W]{id: times.id, of: func(r *run[E], i int32) Result[V] { return n.of(r).slot(i).result }}
	edgeID := addKeys(p, &edge[E, versionKey]{
		parent: rowDomain, deps: []int{n.id}, gates: gates{inherited: k.gates.all()},
		fill: func(r *run[E], d *dedupe[versionKey], row int32) {
			i := r.resolve(id+1, row)
			if i < 0 {
				d.at = append(d.at, i)
				return
			}
			t, err := times.of(r, row)
			if err != nil {
				d.one(versionKey{}, err)
				return
			}
			d.one(v.key(r, i, t), nil)
		},
	})
	p.derived = append(p.derived, edgeID)
	return Node[E, W]{
		plan: p, id: n.id, domain: edgeID + 1, gates: k.gates,
		at: func(r *run[E], i int32) Result[W] {
			return v.result(r, r.keys[edgeID].(*dedupe[versionKey]).distinct[i])
		},
	}
}

// AsOfMany adds a stage as Many does. The View of a row has the version of each key that is valid at the row's time, as AsOf says.
func AsOfMany[E any, K comparable, V Timeline[W], W any](
	p *Plan[E], l *Loader[K, V], keys Lists[E, K], at func(E) (time.Time, error), conditions ...Keys[E, bool],
) Node[E, View[K, W]] {
	checkPlan(p, keys.plan)
	id := conditional[E, K](p, keys.id, conditions)
	n := addTimedNode[E](p, l, id)
	k := p.edges[id].(*edge[E, K])
	list := func(r *run[E], row int32) (span, int32) {
		i := r.resolve(k.parent, row)
		if i < 0 {
			return span{}, max(i, blockedKey) // A bad key is that of the stage before.
		}
		s := r.keys[id].(*dedupe[K]).spans[i]
		return s, min(s.from, open)
	}
	times := addTimes(p, at, func(r *run[E], row int32) int32 { _, code := list(r, row); return code })
	n.latest = func(r *run[E]) []time.Time {
		d := r.keys[id].(*dedupe[K])
		return times.latest(r, len(d.distinct), func(row int32, add func(int32)) {
			if s, code := list(r, row); code == open {
				for _, j := range d.at[s.from:s.to] {
					add(j)
				}
			}
		})
	}
	v := &versions[E, V, W]{id: times.id, of: func(r *run[E], i int32) Result[V] { return n.of(r).slot(i).result }}
	edgeID := addKeys(p, &edge[E, moment]{
		parent: rowDomain, deps: []int{n.id}, gates: gates{inherited: k.gates.all()},
		fill: func(r *run[E], d *dedupe[moment], row int32) {
			if _, code := list(r, row); code != open {
				d.at = append(d.at, code)
				return
			}
			t, err := times.of(r, row)
			d.one(moment{t.Unix(), t.Nanosecond()}, err)
		},
	})
	p.derived = append(p.derived, edgeID)
	return Node[E, View[K, W]]{
		plan: p, id: n.id, domain: rowDomain, gates: k.gates,
		at: func(r *run[E], row int32) Result[View[K, W]] {
			s, code := list(r, row)
			if code == open {
				code = min(r.domains[edgeID+1].at[row], open)
			}
			if code != open {
				return keyless[View[K, W]](code, r.badKey)
			}
			d := r.keys[id].(*dedupe[K])
			t, _ := times.of(r, row)
			return Result[View[K, W]]{State: Loaded, Value: View[K, W]{
				keys: d.distinct, at: d.at[s.from:s.to], bad: r.badKey,
				result: func(j int32) Result[W] { return v.result(r, v.key(r, j, t)) },
			}}
		},
	}
}

// versionKey is a version of the i-th key of a stage. A negative version is none.
type versionKey struct{ key, version int32 }

const noVersion = -1

// versions are the versions that a run has taken from the results of a stage, each once.
type versions[E any, V Timeline[W], W any] struct {
	id int                                // of the times
	of func(r *run[E], i int32) Result[V] // the result for the i-th key
}

// key returns the version of a key that is valid at a time.
func (v *versions[E, V, W]) key(r *run[E], i int32, at time.Time) versionKey {
	if all := v.of(r, i); all.State == Loaded {
		if version, ok := all.Value.At(at); ok {
			return versionKey{i, int32(version)}
		}
	}
	return versionKey{i, noVersion}
}

func (v *versions[E, V, W]) result(r *run[E], k versionKey) Result[W] {
	known, _ := r.versions[v.id].(map[versionKey]Result[W])
	if one, ok := known[k]; ok {
		return one
	}
	all := v.of(r, k.key)
	one := Result[W]{Err: all.Err, Age: all.Age, Left: all.Left, State: all.State, Tier: all.Tier, Stale: all.Stale}
	switch {
	case k.version >= 0:
		one.Value = all.Value.Version(int(k.version))
	case one.State == Loaded:
		one.State = Missing
	}
	if known == nil {
		known = map[versionKey]Result[W]{}
		r.versions[v.id] = known
	}
	known[k] = one
	return one
}
