package sqllookup

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Lookup is a Query that the database has described. It is a lookup.Source and safe for concurrent use.
//
// What the database said of the query holds until the schema changes. Where a call fails, the result has other columns than were
// described, or a key is unchecked (see lookup.Unchecked), Load has the database describe the query again, once for all keys of
// the call, and repeats what had failed if it says something new. Only then does an unchecked key fail, with a
// *stages.BadKeyError.
type Lookup struct {
	db        *DB
	query     Query
	statement statement

	described atomic.Pointer[prepared]
	learning  learning
}

// prepared is what a database said of a Query, and how to run it.
type prepared struct {
	db    *DB
	query Query

	types   lookup.Types
	columns []string
	// equality is how the database compares the key's parts, and ask asks it. Where all is exact there is no ask.
	equality  equality
	ask       ask
	signature string // of what else was learned: two of the same that compare keys alike run alike
	load      func(context.Context, *stages.Batch[lookup.Key, []byte]) error
	scan      func(ctx context.Context, query string) (scanRows, error)
	// without runs the query without keys, inside of a statement, and says whether that returns rows.
	without func(ctx context.Context, before, after string) (bool, error)
	verify  func(context.Context) error // finds what describing did not; may be nil

	bytesPerKey atomic.Int64 // of the last answer, so that the next one is made room for at once
	learned     int          // how often something new was learned of the key before: then keys may be made for other types
	vague       atomic.Bool  // results have other columns than the database describes
	surplus     atomic.Bool  // results have rows that are those of no key that was asked for, although that is what was learned last
}

// Load runs the query once for all keys, which Types.Canonical or lookup.Unchecked has made. A key without rows is left
// unsettled; a row is the result of every key that the database takes for equal to its key. Rows that are the result of none
// are counted by the batch. An error of the whole call is an *Error, classified.
func (l *Lookup) Load(ctx context.Context, b *stages.Batch[lookup.Key, []byte]) error {
	if len(b.Keys) == 0 {
		return nil
	}
	arrived := l.learning.now()
	p := l.described.Load()
	unfit, err := p.attempt(ctx, b, nil)
	if err != nil && !mayBeOutdated(err) || err == nil && len(unfit) == 0 {
		return err
	}
	fresh, learned := l.learnAgain(ctx, p, arrived)
	switch {
	case learned != nil && (err == nil || isOutdated(err) || stages.ClassOf(learned) == stages.Transient):
		return learned
	case learned != nil:
		return err
	case fresh == p && isOutdated(err):
		p.accept(err)
		_, err = p.settled(ctx, b, nil)
	case fresh != p && err != nil:
		unfit, err = fresh.settled(ctx, b, nil)
	case fresh != p:
		unfit, err = fresh.settled(ctx, b, unfit)
	}
	for _, u := range unfit {
		b.FailAt(u.at, stages.AsPermanent(&stages.BadKeyError{Err: u.err}))
	}
	return withoutMark(err)
}

// ReturnsExtra says whether the query returns rows where no key is asked for. These rows are left out of every call.
// Its errors are those of Load.
func (l *Lookup) ReturnsExtra(ctx context.Context) (bool, error) {
	return l.described.Load().without(ctx, "SELECT 1 FROM (\n", "\n) extra LIMIT 1")
}

// Types are the types of the key's parts, for Types.Canonical. They can change with every Load. The slice is read only.
func (l *Lookup) Types() lookup.Types { return l.described.Load().types }

// Learned says how often the database has said something new of the query's key since the start: of its types, or of which keys
// it takes for one. It says too whether Types come from the database and not from Query.KeyType. Load takes unchecked keys then.
func (l *Lookup) Learned() (times int, types bool) {
	return l.described.Load().learned, len(l.query.KeyType) == 0
}

// Columns are the fields of a row in order, as the database has last described them.
func (l *Lookup) Columns() []string {
	return slices.DeleteFunc(slices.Clone(l.described.Load().columns), func(name string) bool { return name == hiddenKey })
}
