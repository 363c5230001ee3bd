package stages

import (
	"context"
	"sync"

	"github.com/loaderline/loaderline/internal/loaderr"
)

const defaultMaxBatch = 5000

// together is the most keys that are settled together: by one call, or with one key a call by many.
func (l *Loader[K, V]) together() int {
	if l.cfg.MaxBatch == 1 {
		return defaultMaxBatch
	}
	return l.cfg.MaxBatch
}

// failuresInARow is after how many calls without an answer a round of single calls ends. A source that is away would otherwise
// be asked once for every key, and be waited for as often.
const failuresInARow = 8

// round makes one call for each of some keys, as many at once as the backend allows. mu guards its fields from admitted on.
type round[K comparable, V any] struct {
	chunk *chunk[K, V]
	ctx   context.Context //nolint:containedctx // It lives as long as one call of tryEach.
	tried *loaderr.KeyError

	mu       sync.Mutex
	admitted *admission // for the first call; nil if that has to be admitted as all others
	queue    []int32    // positions that are not asked for yet
	open     []bool     // by position in the chunk: another call may settle the key
	row      int        // failures in a row
	failure  error      // the last failure
	fatal    error
	over     bool // no further call is made
}

// tryEach is try with a call for each key. It ends after failuresInARow, and the next round begins with the keys that this one
// did not come to.
func (c *chunk[K, V]) tryEach(ctx context.Context, at []int32, tried *loaderr.KeyError) (open []int32, err error) {
	r := &round[K, V]{chunk: c, ctx: ctx, tried: tried, admitted: c.admitted, queue: c.rotated(at), open: make([]bool, len(c.keys))}
	c.admitted = nil
	for _, j := range at {
		r.open[j] = true
	}
	tried.Attempts++
	var workers sync.WaitGroup
	for range min(len(at), c.loader.cfg.Backend.cfg.MaxCalls) {
		workers.Go(func() {
			for more := true; more; {
				more = r.next()
			}
		})
	}
	workers.Wait()
	if len(r.queue) > 0 {
		c.first = r.queue[0]
	}
	if cause := context.Cause(ctx); cause != nil {
		c.failRun(at, tried.With(cause), cause)
		return nil, nil
	}
	if r.fatal != nil {
		c.failRun(at, tried.With(r.fatal), &loaderr.FatalError{Loader: c.loader.cfg.Name, Err: r.fatal})
		return nil, nil //nolint:nilerr // The run has it.
	}
	for _, j := range at {
		if r.open[j] {
			open = append(open, j)
		}
	}
	return open, r.failure
}

// rotated are some positions in the order in which they are asked for.
func (c *chunk[K, V]) rotated(at []int32) []int32 {
	var after, before []int32
	for _, j := range at {
		if j >= c.first {
			after = append(after, j)
		} else {
			before = append(before, j)
		}
	}
	return append(after, before...)
}

// next makes the next call. It returns false if none is left.
func (r *round[K, V]) next() bool {
	r.mu.Lock()
	if r.over || len(r.queue) == 0 {
		r.mu.Unlock()
		return false
	}
	j, admitted := r.queue[0], r.admitted
	r.queue, r.admitted = r.queue[1:], nil
	r.mu.Unlock()

	loader := r.chunk.loader
	if admitted == nil {
		admitted = loader.cfg.Backend.admit(r.ctx)
	}
	var stats callStats
	b, err := loader.call(r.ctx, []K{r.chunk.keys[j]}, admitted, &stats)

	r.mu.Lock()
	defer r.mu.Unlock()
	r.chunk.stats.add(stats)
	r.take(j, b, err)
	return true
}

// take takes over what a call for one key has settled.
func (r *round[K, V]) take(j int32, b *Batch[K, V], err error) {
	r.chunk.loader.rememberKnown(b)
	r.tried.Failed(err)
	if r.ctx.Err() != nil {
		r.over = true
		return
	}
	if err != nil && ClassOf(err) == Fatal {
		r.fatal, r.over = err, true
		return
	}
	open, cause := r.chunk.take([]int32{j}, b, r.tried)
	switch {
	case len(open) == 0:
		r.open[j], r.row = false, 0
	case ClassOf(err).ofKeys():
		r.open[j], r.row = false, 0
		r.chunk.failAtFault(open, r.tried.With(err))
	default:
		if err == nil {
			err = cause
		}
		r.failure = err
		r.row++
		r.over = r.over || rejected(err) || r.row >= failuresInARow
	}
}
