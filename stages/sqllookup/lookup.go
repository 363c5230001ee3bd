package sqllookup

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Lookup is a prepared Query. It is a lookup.Source and safe for concurrent use.
type Lookup struct {
	db    *DB
	query Query

	types lookup.Types
	// equality is how the database compares the key's parts, and ask asks it. Where all is exact there is no ask.
	equality equality
	ask      ask
	columns  []string
	load     func(context.Context, *stages.Batch[lookup.Key, []byte]) error
	scan     func(ctx context.Context, query string) (scanRows, error)
	// without runs the query without keys, inside of a statement, and says whether that returns rows.
	without func(ctx context.Context, before, after string) (bool, error)

	bytesPerKey atomic.Int64 // of the last answer, so that the next one is made room for at once
}

// Load runs the query once for all keys, which must be canonical by Types. A key without rows is left unsettled; a row is
// the result of every key that the database takes for equal to its key. Rows that are the result of none are counted by the batch. An error of the whole call is an *Error, classified.
func (l *Lookup) Load(ctx context.Context, b *stages.Batch[lookup.Key, []byte]) error {
	if len(b.Keys) == 0 {
		return nil
	}
	return l.load(ctx, b)
}

// ReturnsExtra says whether the query returns rows where no key is asked for. These rows are left out of every call.
// Its errors are those of Load.
func (l *Lookup) ReturnsExtra(ctx context.Context) (bool, error) {
	return l.without(ctx, "SELECT 1 FROM (\n", "\n) extra LIMIT 1")
}

// Types are the types of the key's parts, for Types.Canonical.
func (l *Lookup) Types() lookup.Types { return slices.Clone(l.types) }

// Columns are the fields of a row in order, as they were when the query was prepared.
func (l *Lookup) Columns() []string {
	return slices.DeleteFunc(slices.Clone(l.columns), func(name string) bool { return name == hiddenKey })
}
