package stages_test

import (
	"context"
	"time"

	"github.com/loaderline/loaderline/stages"
)

// batch asks for keys, and holds what it is given against the rules.
func (w *modelWorld) batch(s modelStep) {
	w.mu.Lock()
	acked, begun, began := w.acked, w.begun, time.Now()
	w.mu.Unlock()
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), modelSince{}, begun))
	defer cancel()
	if s.Cancel > 0 {
		time.AfterFunc(s.Cancel, cancel)
	}
	plan := stages.Plan[int]{MaxElapsed: -1}
	if s.Retry {
		plan.MaxElapsed = 2 * time.Second
	}
	at := began.Add(-s.Ago)
	var n stages.Node[int, modelValue]
	if !w.Versions {
		n = stages.One(&plan, w.loader, stages.By(&plan, self))
	} else {
		n = stages.AsOf(&plan, w.loader, stages.By(&plan, self), func(int) (time.Time, error) { return at, nil })
	}
	rows := plan.Run(ctx, s.Keys)

	w.mu.Lock()
	defer w.mu.Unlock()
	stats := rows.Stats()[0]
	w.seen.joined, w.seen.loaded = w.seen.joined+stats.Coalesced, w.seen.loaded+stats.Loaded
	for row := range rows.All() {
		key, r, ended := row.Event(), n.Of(row), ctx.Err() != nil
		if w.Versions && (r.State == stages.Loaded || r.State == stages.Missing) {
			w.count(r, ended)
			w.judgeVersion(key, r, acked[key], began, at)
		} else {
			w.judge(key, r, acked[key], began, ended)
		}
	}
}

// judge holds the outcome of one key against what the source can have had. w.mu is held.
func (w *modelWorld) judge(key int, r stages.Result[modelValue], acked int, began time.Time, ended bool) {
	w.count(r, ended)
	switch r.State {
	case stages.Loaded:
		v, oldest := r.Value, modelTTL+modelLoad
		if r.Stale {
			oldest += modelStale
		}
		switch {
		case v.key != key || v.version > w.version[key] || v.version%4 == 3:
			w.breaks("key %d is %+v, and its version %d", key, v, w.version[key])
		case v.version < acked:
			w.breaks("key %d is version %d after version %d was announced; %+v", key, v.version, acked, r)
		case r.Stale && w.failures == 0:
			w.breaks("key %d is stale and nothing has failed", key)
		case began.Sub(v.read) > oldest:
			w.breaks("key %d was read %v ago", key, began.Sub(v.read))
		}
	case stages.Missing:
		for version := acked; ; version++ {
			if version > w.version[key] {
				w.breaks("key %d is missing, and was there from version %d to %d", key, acked, w.version[key])
			}
			if version > w.version[key] || version%4 == 3 {
				break
			}
		}
	case stages.Failed:
		if w.failures == 0 && !ended {
			w.breaks("key %d has failed and nothing else has: %v", key, r.Err)
		}
	default:
		w.breaks("key %d is %v", key, r.State)
	}
}

// judgeVersion holds the version of a key for a time against the history. w.mu is held.
func (w *modelWorld) judgeVersion(key int, r stages.Result[modelValue], acked int, began, at time.Time) {
	v, truth := r.Value, w.versionAt(key, at)
	if r.State == stages.Missing {
		for version := min(acked, truth); version <= truth; version++ {
			if version%4 == 3 || version < 0 {
				return
			}
		}
		w.breaks("key %d is missing at %v, and had version %d", key, at, truth)
		return
	}
	known, oldest := at, modelTTL+modelLoad
	if at.After(v.read) {
		known = v.read
	}
	if r.Stale {
		oldest += modelStale
	}
	old := began.Sub(v.read) > oldest
	want := w.versionAt(key, known)
	if v.read.Equal(known) {
		want = max(want-1, v.version) // The next version may have begun at the moment of the read.
	}
	switch {
	case v.version != want:
		w.breaks("key %d is version %d at %v, as of %v; want %d", key, v.version, at, v.read, want)
	case v.version < min(acked, truth):
		w.breaks("key %d is version %d at %v, after version %d was announced", key, v.version, at, acked)
	case old && !at.Before(v.read.Add(-time.Minute)):
		w.breaks("key %d at %v was read %v ago", key, at, began.Sub(v.read))
	case old && !r.Stale:
		w.seen.final++
	}
}

func (w *modelWorld) count(r stages.Result[modelValue], ended bool) {
	switch {
	case r.State == stages.Failed && ended:
		w.seen.cancelled++
	case r.State == stages.Failed:
		w.seen.failed++
	case r.Stale:
		w.seen.stale++
	case r.State == stages.Missing:
		w.seen.missing++
	case r.Tier > 1:
		w.seen.tierHit++
	case r.Tier == 1:
		w.seen.hit++
	}
}
