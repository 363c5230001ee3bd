package pipeline

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/loadcache"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

const (
	// preloadBytes is how much is cached at once, where the cache has plenty of room.
	preloadBytes = 4 << 20
	// entryBytes is about what it takes to keep an entry beside its row.
	entryBytes = 512
	// forgetAtOnce is how many keys that are left out are forgotten at once.
	forgetAtOnce = 1000
)

// Scannable is a Lookup that can also read many rows without being told their keys. It is for a stage with a preload.
type Scannable struct {
	lookupext.Database
	Rows lookupext.Scan
}

// Preload fills the cache of a stage from a whole table.
type Preload struct {
	Stage string
	// Wait says that no event is to be processed before.
	Wait bool

	maxRows int
	ttl     time.Duration
	retry   pipelinefile.Retry
	rows    lookupext.Scan
	answers *answers
	memory  *resultcache.Memory
}

// Preloaded is how far a preload is, and in the end what it has done.
type Preloaded struct {
	Rows  int   // read
	Keys  int   // cached
	Bytes int64 // of the cached rows
	// LeftOut counts keys whose rows are not what a lookup would answer; Why says so of the first.
	LeftOut int
	Why     error
	// Stopped says why rows were left that have not been read; empty where none were.
	Stopped string
}

// Preloads are the preloads of the file, in its order.
func (p *Pipeline) Preloads() []*Preload { return p.preloads }

// preloads makes the preloads of a compiled plan.
func (c *compiler) preloads() []*Preload {
	var all []*Preload
	for _, n := range c.nodes {
		table, ok := c.lookups[n.Index].(*Scannable)
		if !ok {
			continue
		}
		all = append(all, &Preload{
			Stage: n.Name, Wait: n.Preload.Wait, maxRows: n.Preload.MaxRows, ttl: n.Cache.TTL, retry: c.layout.File.Retry,
			rows: table.Rows, answers: n.answers, memory: c.open.memory,
		})
	}
	return all
}

// Run reads the table and caches what it finds, and calls report with each part. It ends when all is read, the bound on
// rows is reached, the cache is full, or what was read first is past its time to live. After an error that is nobody's fault
// it starts over, within the retries. Its error is the source's, or the context's; what was cached until then stays.
func (p *Preload) Run(ctx context.Context, report func(Preloaded)) (Preloaded, error) {
	waits := backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(p.retry.Initial), backoff.WithMaxInterval(p.retry.Max), backoff.WithMaxElapsedTime(0))
	var giveUp time.Time
	for {
		done, err := p.try(ctx, report)
		if err == nil || ctx.Err() != nil || stages.ClassOf(err) != stages.Transient {
			return done, err
		}
		pause := waits.NextBackOff()
		if giveUp.IsZero() {
			giveUp = time.Now().Add(p.retry.MaxElapsed)
		}
		if time.Now().Add(pause).After(giveUp) {
			return done, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return done, context.Cause(ctx)
		}
	}
}

// errStopped ends a scan that has read enough.
var errStopped = errors.New("enough was read")

// try reads the table once.
func (p *Preload) try(ctx context.Context, report func(Preloaded)) (Preloaded, error) {
	reading, cancel := context.WithTimeout(ctx, p.ttl)
	defer cancel()
	t := &preloading{Preload: p, report: report, most: min(preloadBytes, p.memory.Stats().MaxBytes/64)}
	// Taken before the query begins: what is invalidated from here on is not cached, for the query may read the old rows.
	t.since = p.answers.cache.Get(ctx, nil, nil)
	err := p.rows.Run(reading, func(found lookupext.Scanned) error { return t.take(ctx, found) })
	if err == nil || errors.Is(err, errStopped) {
		err = t.flush(ctx)
	}
	t.forget(ctx)
	switch {
	case errors.Is(err, errStopped):
		err = nil
	case err != nil && ctx.Err() == nil && reading.Err() != nil:
		t.done.Stopped, err = "the ttl of the stage is over", nil
	}
	return t.done, err
}

// preloading is one try of a preload.
type preloading struct {
	*Preload
	report func(Preloaded)
	since  loadcache.Stamp
	most   int64 // bytes that are cached at once
	done   Preloaded

	keys    []lookup.Key
	results []stages.Result[*jsonenrich.Fragment]
	bytes   int64 // of the rows
	leftOut []lookup.Key
}

// take takes what was found for one key.
func (t *preloading) take(ctx context.Context, found lookupext.Scanned) error {
	if t.done.Rows+found.Rows > t.maxRows {
		t.done.Stopped = "max_rows is reached"
		return errStopped
	}
	t.done.Rows += found.Rows
	if t.answers.keeps != nil && !t.answers.keeps(found.Key) {
		return nil // A change of the row might go unnoticed.
	}
	fragment, err := (*jsonenrich.Fragment)(nil), found.Err
	if err == nil {
		fragment, err = t.answers.Fragment(found.Value)
	}
	if err != nil {
		t.leaveOut(ctx, found.Key, err)
		return nil
	}
	t.keys = append(t.keys, found.Key)
	t.results = append(t.results, stages.Result[*jsonenrich.Fragment]{Value: fragment, State: stages.Loaded})
	t.bytes += int64(len(found.Key)) + fragment.Bytes()
	if t.bytes < t.most {
		return nil
	}
	return t.flush(ctx)
}

// leaveOut has a key forgotten, also what was cached for it before.
func (t *preloading) leaveOut(ctx context.Context, key lookup.Key, why error) {
	t.leftOut = append(t.leftOut, key)
	if len(t.leftOut) == forgetAtOnce {
		t.forget(ctx)
	}
	t.done.LeftOut++
	if t.done.Why == nil {
		t.done.Why = why
	}
}

// forget invalidates the keys that were left out: of what was taken, the cache then refuses them.
func (t *preloading) forget(ctx context.Context) {
	if len(t.leftOut) > 0 {
		t.answers.cache.Invalidate(ctx, t.leftOut...)
		t.leftOut = t.leftOut[:0]
	}
}

// flush caches what was taken.
func (t *preloading) flush(ctx context.Context) error {
	t.forget(ctx)
	if len(t.keys) == 0 {
		return nil
	}
	now := t.memory.Stats()
	if now.Bytes+t.bytes+int64(len(t.keys))*entryBytes > now.MaxBytes {
		t.done.Stopped = "the cache is full"
		return errStopped
	}
	t.answers.cache.Set(ctx, t.since, t.keys, t.results)
	t.done.Keys += len(t.keys)
	t.done.Bytes += t.bytes
	t.keys, t.results, t.bytes = t.keys[:0], t.results[:0], 0
	t.report(t.done)
	return nil
}
