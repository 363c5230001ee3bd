package sqllookup

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/loaderline/loaderline/internal/loaderr"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// sqlLookup is a Query that the database has described. It is a lookupext.Database.
//
// A description of the query holds until the schema changes. Load has the database describe the query again if a call fails, if
// the result has other columns than described, or if a key is unchecked (see lookupkey.Unchecked). It does so once for all keys of
// the call. If the database says something new, Load repeats what had failed. Only then does an unchecked key fail, with a
// *loaderr.BadKeyError.
type sqlLookup struct {
	db        *database
	query     Query
	statement statement

	described atomic.Pointer[prepared]
	learning  learning
}

var _ lookupext.Database = (*sqlLookup)(nil)

// prepared is what a database said of a Query, and how to run it.
type prepared struct {
	db    *database
	query Query

	types   lookupkey.Types
	columns []string
	// columnTypes are the types of columns.
	columnTypes []lookupext.ColumnType
	// equality is how the database compares the key's parts, and ask asks it. If all parts are exact, ask is nil.
	equality  equality
	ask       ask
	signature string // of what else was learned: two of the same that compare keys alike run alike
	load      func(context.Context, *stages.Batch[lookup.Key, []byte]) error
	scan      func(ctx context.Context, query string) (scanRows, error)
	// without runs the query without keys, inside of a statement, and reports whether that returns rows.
	without func(ctx context.Context, before, after string) (bool, error)
	verify  func(context.Context) error // finds what describing did not; may be nil

	bytesPerKey atomic.Int64 // of the last answer, so that the next one is made room for at once
	learned     int          // how often something new was learned of the key before: then keys may be made for other types
	vague       atomic.Bool  // results have other columns than the database describes
	surplus     atomic.Bool  // results have rows that belong to no key of the call, although the last description is current
}

// Load runs the query once for all keys, which Key or lookupkey.Unchecked has made. It leaves a key without rows
// unsettled. A row is the result of every key that the database considers equal to the row's key. The batch counts rows
// that are the result of no key. An error of the whole call is a classified lookup.Error.
func (l *sqlLookup) Load(ctx context.Context, b *stages.Batch[lookup.Key, []byte]) error {
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
		b.Set(u.at, stages.Result[[]byte]{Err: stages.WithClass(&loaderr.BadKeyError{Err: u.err}, stages.Permanent), State: stages.Failed})
	}
	return withoutMark(err)
}

// ReturnsExtra implements lookupext.Database.
func (l *sqlLookup) ReturnsExtra(ctx context.Context) (bool, error) {
	return l.described.Load().without(ctx, "SELECT 1 FROM (\n", "\n) extra LIMIT 1")
}

// Key implements lookup.Lookup by the types that were last learned.
func (l *sqlLookup) Key(parts ...[]byte) (lookup.Key, error) { return l.Types().Key(parts...) }

// Types implements lookupext.Typed.
func (l *sqlLookup) Types() lookupkey.Types { return l.described.Load().types }

// Learned implements lookupext.Learner.
func (l *sqlLookup) Learned() (times int, types bool) {
	return l.described.Load().learned, len(l.query.KeyType) == 0
}

// Columns implements lookupext.Database.
func (l *sqlLookup) Columns() []string {
	return slices.DeleteFunc(slices.Clone(l.described.Load().columns), func(name string) bool { return name == lookupext.KeyMember })
}

// ColumnTypes implements lookupext.Database.
func (l *sqlLookup) ColumnTypes() []lookupext.Column {
	p := l.described.Load()
	var columns []lookupext.Column
	for i, name := range p.columns {
		if name != lookupext.KeyMember {
			columns = append(columns, lookupext.Column{Name: name, Type: p.columnTypes[i]})
		}
	}
	return columns
}
