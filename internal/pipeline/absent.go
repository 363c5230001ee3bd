package pipeline

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/loaderline/loaderline/internal/loaderr"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// absentEvery is how often an absent source is tried.
const absentEvery = time.Second

// absent takes the place of a lookup whose source was not there at start. Nobody knows the types of its keys, and it finds
// nothing.
type absent struct {
	err   *UnreachableError
	parts int
}

// absentError is the error of an absent source's calls. Another try is pointless, as with an open breaker.
type absentError struct{ err *UnreachableError }

func (e *absentError) Error() string { return e.err.Reason() }
func (e *absentError) Unwrap() error { return &loaderr.BreakerOpenError{Err: e.err} }

// Types are of any kind.
func (a absent) Types() lookupkey.Types { return make(lookupkey.Types, a.parts) }

// Load fails.
func (a absent) Load(context.Context, *stages.Batch[lookup.Key, []byte]) error {
	return &absentError{a.err}
}

// Absent returns the sources that were not there at start, in the order of the file.
func (p *Pipeline) Absent() []string {
	var names []string
	for name, s := range p.sources {
		if s.absent != nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// AwaitAbsent waits until one of the absent sources is reachable, or can never be reached, so that the pipeline must be
// opened again. It returns false if ctx ends before, or if no source is absent.
func (p *Pipeline) AwaitAbsent(ctx context.Context, layout *Layout, onAway func(Away)) bool {
	names := p.Absent()
	if len(names) == 0 {
		return false
	}
	tick := time.NewTicker(absentEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
		for _, name := range names {
			err := reachOnce(ctx, name, func(ctx context.Context) error {
				_, err := p.ask(ctx, layout, name)
				return err
			})
			switch {
			case ctx.Err() != nil:
				return false
			case !isAway(err):
				return true
			default:
				onAway(Away{Source: name, Err: errors.Unwrap(err), Optional: true})
			}
		}
	}
}
