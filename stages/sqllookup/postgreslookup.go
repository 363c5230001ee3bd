package sqllookup

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/loaderline/loaderline/internal/sqldriver"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// pgLookup runs a Lookup on PostgreSQL.
type pgLookup struct {
	*prepared

	db     *postgres
	sql    string
	oids   []uint32 // of the array parameters, one for each part of the key
	fields []uint32 // the types of the columns
}

func (p *postgres) prepare(ctx context.Context, l *prepared, s statement) error {
	pl := &pgLookup{prepared: l, db: p}
	final, err := pl.typed(ctx, s)
	if err != nil {
		return err
	}
	pl.sql = final.sql
	described, err := p.describe(ctx, final, pl.oids)
	if err != nil {
		return err
	}
	if len(described.Fields) == 0 {
		return invalid(errors.New("the statement answers no rows: write a SELECT"))
	}
	shape, err := pl.shapeOf(ctx, described.Fields)
	if err != nil {
		return err
	}
	l.columns = shape.layout.names
	pl.fields = typesOf(described.Fields)
	for _, f := range described.Fields {
		l.columnTypes = append(l.columnTypes, p.columnType(f.Type, f.Modifier))
	}
	l.load, l.scan, l.without = pl.loadRows, pl.prepareScan, pl.withoutKeys
	l.verify = func(ctx context.Context) error { return p.explain(ctx, final, pl.oids) }
	if err := pl.learnEquality(ctx, final, shape.layout); err != nil {
		if planned := l.verify(ctx); planned != nil {
			return planned // It says where in the statement the mistake is.
		}
		return err
	}
	l.signature = fmt.Sprintf("%v %q %v", pl.oids, l.columns, pl.fields)
	return nil
}

func (l *pgLookup) withoutKeys(ctx context.Context, before, after string) (returns bool, err error) {
	q := sqldriver.PostgresQuery{SQL: before + l.sql + after, OIDs: l.oids, Values: slices.Repeat([][]byte{[]byte("{}")}, len(l.oids))}
	err = l.db.run(ctx, q, func([]sqldriver.PostgresField, [][]byte) error {
		returns = true
		return nil
	})
	return returns, err
}

// pgShape is what becomes of a result with certain columns.
type pgShape struct {
	layout *layout
	cells  []appendPG
}

// shapeOf is the shape for a result's columns. Types that are not known yet are read from the catalog, so ctx must
// not hold the only connection.
func (l *pgLookup) shapeOf(ctx context.Context, fields []sqldriver.PostgresField) (*pgShape, error) {
	oids := make([]uint32, len(fields))
	names := make([]string, len(fields))
	for i, f := range fields {
		oids[i], names[i] = f.Type, f.Name
	}
	if err := l.db.learn(ctx, oids); err != nil {
		return nil, err
	}
	lay, err := newLayout(names, l.query.Key)
	if err != nil {
		return nil, invalid(err)
	}
	s := &pgShape{layout: lay}
	for _, oid := range oids {
		s.cells = append(s.cells, l.db.cellOf(oid))
	}
	return s, nil
}

func typesOf(fields []sqldriver.PostgresField) []uint32 {
	oids := make([]uint32, len(fields))
	for i, f := range fields {
		oids[i] = f.Type
	}
	return oids
}

// expect is errOutdated for columns of other types than were described.
func (l *pgLookup) expect(fields []sqldriver.PostgresField) error {
	if !slices.Equal(typesOf(fields), l.fields) && !l.vague.Load() {
		return errOutdated
	}
	return nil
}

// knows reports whether no type of fields must be read from the catalog first.
func (l *pgLookup) knows(fields []sqldriver.PostgresField) bool {
	return !slices.ContainsFunc(fields, func(f sqldriver.PostgresField) bool {
		_, _, ok := l.db.known(f.Type)
		return !ok
	})
}

// errUnknownType stops reading rows whose schema has changed.
var errUnknownType = errors.New("a column's type is not known yet")

func (l *pgLookup) loadRows(ctx context.Context, b *stages.Batch[lookup.Key, []byte]) error {
	q := sqldriver.PostgresQuery{SQL: l.sql, Values: arrays(b.Keys, len(l.oids)), OIDs: l.oids, Columns: l.expect}
	for {
		var (
			a       *answer
			r       pgRow
			unknown []sqldriver.PostgresField
		)
		err := l.db.run(ctx, q, func(fields []sqldriver.PostgresField, values [][]byte) error {
			if a == nil {
				if !l.knows(fields) {
					unknown = slices.Clone(fields)
					return errUnknownType
				}
				shape, err := l.shapeOf(ctx, fields)
				if err != nil {
					return err
				}
				a = newAnswer(l.prepared, shape.layout, b)
				r.cells = shape.cells
			}
			r.values = values
			return a.add(&r)
		})
		switch {
		case errors.Is(err, errUnknownType):
			if _, err := l.shapeOf(ctx, unknown); err != nil {
				return err
			}
		case err != nil:
			return err
		case a == nil: // No rows: every key is missing.
			return nil
		default:
			return a.settle(ctx)
		}
	}
}
