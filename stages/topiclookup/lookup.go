package topiclookup

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Query looks up rows of the table. The zero value of each field is its default.
type Query struct {
	// Name names the stage in errors. Defaults to "lookup".
	Name string
	// Many reports whether each row is a list. A row that is no list fails its key.
	Many bool
	// Versions returns all rows that a key has had within Config.Retain, as a list of objects. Each has the members _from, the
	// timestamp of its record, and _to, that of the next record of the key, or null.
	Versions bool
}

// client is a lookup.Client.
type client struct{ table *table }

var (
	_ lookup.Client[Query] = (*client)(nil)
	_ lookup.Lookup        = (*topicLookup)(nil)
	_ lookupext.Table      = (*topicLookup)(nil)
	_ lookupext.Follower   = (*client)(nil)
)

// Lookup implements lookup.Client.
func (c *client) Lookup(_ context.Context, q Query) (lookup.Lookup, error) {
	if q.Name == "" {
		q.Name = "lookup"
	}
	if err := c.refused(q); err != nil {
		return nil, fmt.Errorf("stage %s: %w", q.Name, stages.WithClass(&tableError{err.Error(), nil}, stages.Fatal))
	}
	return &topicLookup{table: c.table, query: q}, nil
}

// refused returns why the table cannot answer a query.
func (c *client) refused(q Query) error {
	switch {
	case q.Versions && c.table.cfg.Retain <= 0:
		return errors.New("the table keeps no former rows: say for how long it has to retain them")
	case q.Versions && q.Many:
		return errors.New("versions are rows, and not lists: leave out many")
	}
	return nil
}

// Ping implements lookup.Client.
func (c *client) Ping(ctx context.Context) error { return c.table.ping(ctx) }

// Await implements lookupext.Follower.
func (c *client) Await(ctx context.Context) error { return c.table.await(ctx) }

// Status implements lookupext.Follower.
func (c *client) Status() lookupext.TableStatus { return c.table.status() }

// Describe implements lookupext.Follower.
func (c *client) Describe(ctx context.Context) (detail, warning string, err error) {
	return describe(ctx, &c.table.cfg)
}

// Close implements lookup.Client.
func (c *client) Close() error { return c.table.close() }

// topicLookup is a Query that was checked.
type topicLookup struct {
	table *table
	query Query
}

// Key implements lookup.Lookup.
func (l *topicLookup) Key(parts ...[]byte) (lookup.Key, error) { return l.table.types.Key(parts...) }

// Types implements lookupext.Typed.
func (l *topicLookup) Types() lookupkey.Types { return slices.Clone(l.table.types) }

// Changes implements lookupext.Table.
func (l *topicLookup) Changes() uint64 { return l.table.changes.Load() }

// Load looks up all keys, which must be canonical by Types, in one state of the table.
func (l *topicLookup) Load(ctx context.Context, b *stages.Batch[lookup.Key, []byte]) error {
	return l.table.load(ctx, b.Keys, func(i int, stored []byte) {
		if r := l.result(stored); r.State != stages.Missing {
			b.Set(i, r)
		}
	})
}

// result is what a stored value is to the query.
func (l *topicLookup) result(stored []byte) stages.Result[[]byte] {
	row := stored
	switch {
	case l.query.Versions:
		row = appendVersions(nil, stored)
	case l.table.cfg.Retain > 0:
		row = latest(stored)
	}
	switch {
	case row == nil:
		return stages.Result[[]byte]{}
	case l.query.Many && row[0] != '[':
		return stages.Result[[]byte]{Err: stages.WithClass(&tableError{"the row of the key is not a list", nil}, stages.Permanent), State: stages.Failed}
	}
	return stages.Result[[]byte]{Value: row, State: stages.Loaded}
}
