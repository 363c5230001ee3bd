// Package runscope carries memory that lasts for one run of a plan from the code that starts the run to the code that loads and
// encodes its rows: in the context of the run.
package runscope

import (
	"context"
	"sync"
)

// Scope has the values of one run. Except for Pin it is for one goroutine at a time, as the run's rows are.
type Scope struct {
	events int
	values []value

	mu     sync.Mutex
	pinned map[any]any // by owner; guarded by mu
}

type value struct {
	owner, value any
	release      func()
}

type scopeKey struct{}

// New returns a context for a run of so many events, and its scope.
func New(ctx context.Context, events int) (context.Context, *Scope) {
	s := &Scope{events: events}
	return context.WithValue(ctx, scopeKey{}, s), s
}

// Of returns the scope of a run by its context, or nil if the run has none.
func Of(ctx context.Context) *Scope {
	s, _ := ctx.Value(scopeKey{}).(*Scope)
	return s
}

// Events returns the number of events of the run.
func (s *Scope) Events() int { return s.events }

// Value returns what was added for an owner, or nil.
func (s *Scope) Value(owner any) any {
	for i := range s.values {
		if s.values[i].owner == owner {
			return s.values[i].value
		}
	}
	return nil
}

// Add adds the value of an owner, which has none yet. Release calls release.
func (s *Scope) Add(owner, v any, release func()) {
	s.values = append(s.values, value{owner: owner, value: v, release: release})
}

// Pin returns what current returned at the first call for an owner, so that a run sees one version of what changes meanwhile. It is
// safe for concurrent use. Release forgets it.
func (s *Scope) Pin(owner any, current func() any) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.pinned[owner]
	if !ok {
		if s.pinned == nil {
			s.pinned = map[any]any{}
		}
		v = current()
		s.pinned[owner] = v
	}
	return v
}

// Release releases the values, for other runs. Call it when nothing that was made with them is used any more, or not at all.
func (s *Scope) Release() {
	values := s.values
	s.values, s.pinned = nil, nil
	for _, v := range values {
		v.release()
	}
}
