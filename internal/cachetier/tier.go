// Package cachetier is the contract between the cache in memory and the tiers below it.
package cachetier

import (
	"context"
	"time"

	"github.com/loaderline/loaderline/stages"
)

// MemoryName is the name of the memory itself, beside the names of the tiers.
const MemoryName = "memory"

// Tier keeps entries below the memory of a cache, on disk or in a store that several processes share. It holds bytes and
// outlives the process. Nothing that goes wrong in it fails a load: what it cannot return, it does not hold. Implementations
// log that once, count it, bound each call's time themselves, and are safe for concurrent use. Package tiertest has the
// suite that each of them runs.
//
// A space is the keys of one loader in one version; equal keys of two spaces have nothing to do with each other.
type Tier interface {
	// Name is used in logs and statistics, as "disk".
	Name() string
	// Get calls hit, from this goroutine and before it returns, with the index and the entry of each key that it holds. Entries
	// past Expires but not past Until are among them. An entry's Value is hit's to keep and never changes.
	Get(ctx context.Context, space string, keys []string, hit func(i int, e Entry))
	// Set keeps entries, which belong to keys by position and replace what was there. The caller sees to it that no
	// Invalidate of the same process comes between the load and Set. Where other processes share the tier, it leaves
	// out an entry whose key one of them has invalidated since Began.
	Set(ctx context.Context, space string, keys []string, entries []Entry)
	// Invalidate removes keys. When it returns, no Get of this process gives what was set before, even if the store cannot
	// be reached or ctx has ended: then the tier returns nothing until it has been told.
	Invalidate(ctx context.Context, space string, keys []string)
	// InvalidateAll does to all keys of a space what Invalidate does to some.
	InvalidateAll(ctx context.Context, space string)

	// Positions returns the positions that SavePositions stored; none if the tier is new or was cleared.
	Positions(ctx context.Context) ([]Position, error)
	// SavePositions keeps how far the change topics have been read. All invalidations before it are at least as durable.
	// A position never goes back, whichever process saves it; Clear forgets them.
	SavePositions(ctx context.Context, positions []Position) error
	// Clear removes every entry and position, for when changes may have been missed.
	Clear(ctx context.Context) error

	// Close ends the tier. What it holds stays where it is. Afterwards Get gives nothing, SavePositions fails, and Set and
	// Invalidate do nothing.
	Close() error
}

// Entry is what a Tier holds for one key. Its times are of the wall clock, since it outlives the process; a Tier may keep
// them to the millisecond.
type Entry struct {
	// Value is the encoded value; nil where State is Missing.
	Value []byte
	// State is stages.Loaded or stages.Missing.
	State stages.State
	// Began is when the load began that brought the value. A Tier need not keep it.
	Began time.Time
	// Born is when the load of the value began, Expires the end of its time to live. Until is when the entry can go: it is after
	// Expires where it may be served stale.
	Born, Expires, Until time.Time
}

// Position is how far one partition of a change topic has been read: the offset of the next record.
type Position struct {
	// Topic is the name of the topic, with what the reader needs beside it: a Tier does not look into it. It has no slash.
	Topic     string
	Partition int32
	Offset    int64
}

// Partition is one partition of the topic of a Position.
type Partition struct {
	Topic     string
	Partition int32
}
