package lookuptable

import (
	"context"
	"sync/atomic"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/runscope"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Table has rows that can be replaced. All of its methods but Replace are safe for concurrent use.
type Table struct {
	schema  *Schema
	current atomic.Pointer[version]
}

// version is the rows with the number of their replacement. One pointer holds both, so they are as new as each other.
type version struct {
	*Rows
	number uint64
}

// New returns a table that has these rows.
func New(s *Schema, rows *Rows) *Table {
	t := &Table{schema: s}
	t.current.Store(&version{Rows: rows})
	return t
}

// Replace replaces all rows. Runs that have loaded a key go on with the rows of before. It is for one goroutine at a time.
func (t *Table) Replace(rows *Rows) {
	t.current.Store(&version{Rows: rows, number: t.current.Load().number + 1})
}

// Rows returns the rows of now.
func (t *Table) Rows() *Rows { return t.current.Load().Rows }

// of returns the rows of a run by its context: those of the run's first call. Outside of a run it returns those of now.
func (t *Table) of(ctx context.Context) *Rows {
	scope := runscope.Of(ctx)
	if scope == nil {
		return t.Rows()
	}
	return scope.Pin(t, func() any { return t.Rows() }).(*Rows)
}

// Lookup returns the lookup of a row for each key or, with many, of the list of its rows. If a key has several rows, the lookup of one returns
// the last.
func (t *Table) Lookup(many bool) Lookup {
	find := (*Rows).one
	if many {
		find = (*Rows).list
	}
	l := tableLookup{table: t, find: find}
	if t.Rows().columns != nil {
		return withColumns{l}
	}
	return l
}

// Lookup is a lookup.Lookup and a lookupext.Table.
type Lookup interface {
	lookup.Lookup
	lookupext.Table
}

type tableLookup struct {
	table *Table
	find  func(*Rows, lookup.Key) ([]byte, bool)
}

// Key implements lookup.Lookup.
func (l tableLookup) Key(parts ...[]byte) (lookup.Key, error) { return l.Types().Key(parts...) }

// Types implements lookupext.Typed.
func (l tableLookup) Types() lookupkey.Types { return l.table.schema.keyTypes }

// Changes implements lookupext.Table.
func (l tableLookup) Changes() uint64 { return l.table.current.Load().number }

// Load finds all keys in one version of the rows. Its only error is that of a context that has ended.
func (l tableLookup) Load(ctx context.Context, b *stages.Batch[lookup.Key, []byte]) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	rows := l.table.of(ctx)
	for i, key := range b.Keys {
		if value, found := l.find(rows, key); found {
			b.Set(i, stages.Result[[]byte]{Value: value, State: stages.Loaded})
		}
	}
	return nil
}

// withColumns is a lookup whose columns are known.
type withColumns struct{ tableLookup }

// Columns returns the names of the columns of a row.
func (l withColumns) Columns() []string {
	var names []string
	for _, c := range l.ColumnTypes() {
		names = append(names, c.Name)
	}
	return names
}

// ColumnTypes returns the columns of a row.
func (l withColumns) ColumnTypes() []lookupext.Column { return l.table.Rows().columns }
