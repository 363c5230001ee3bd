package sqllookup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// mysqlLookup runs a Lookup on MySQL or MariaDB. The keys are placeholders in IN lists: from that form both
// use indexes whatever the column's type, character set and collation, on every version. Lists come in sizes that are
// powers of two, so that a server sees few texts.
type mysqlLookup struct {
	*prepared

	db        *mysql
	statement statement
	most      int // keys in one statement
	// These are, for each part of the key, the result's column, and the parameter that it is compared with: in a list of
	// keys, and by itself.
	keyColumns, places, values []string
	forms                      []uuidForm
	json                       map[string]bool // the columns that hold JSON as text, on MariaDB
	declared                   []string        // the types of the columns, in the driver's words
}

func (m *mysql) prepare(ctx context.Context, l *prepared, s statement) error {
	ml := &mysqlLookup{prepared: l, db: m, statement: s}
	parts, lists := max(len(l.query.Key), 1), 0
	for _, u := range s.uses {
		switch {
		case u.form == anyKeys:
			return invalid(errors.New("MySQL has no ANY for lists: write IN ($keys)"))
		case u.form != inKeys && parts > 1:
			return invalid(errors.New("a key of several columns is written (a, b) IN ($keys)"))
		case u.form == inKeys:
			lists++
		}
	}
	ml.most = mostKeys(parts * lists)
	columns, err := ml.describe(ctx)
	if err != nil {
		return err
	}
	shape, err := ml.shapeOf(columns)
	if err != nil {
		return err
	}
	if err := ml.findEquality(ctx, shape, columns); err != nil {
		return err
	}
	if ml.json, err = ml.findJSON(ctx, columns); err != nil {
		return mysqlPrepareError(ctx, err, rewrite{})
	}
	l.columns = shape.layout.names
	for _, i := range shape.layout.keys {
		ml.keyColumns = append(ml.keyColumns, l.columns[i])
	}
	for _, c := range columns {
		l.columnTypes = append(l.columnTypes, mysqlColumnType(c, ml.json[strings.ToLower(c.Name())]))
	}
	ml.declared = declaredTypes(columns)
	l.signature = fmt.Sprintf("%q %q %v", l.columns, ml.declared, ml.json)
	l.load, l.scan = ml.loadRows, ml.prepareScan
	l.without = func(ctx context.Context, before, after string) (bool, error) {
		r, args := ml.withoutKeys()
		return anyRow(ctx, m.pool, before+r.sql+after, mysqlError, args...)
	}
	return nil
}

// withoutKeys is the statement for one key that is NULL, which no row has.
func (l *mysqlLookup) withoutKeys() (rewrite, []any) {
	var args []any
	parts := max(len(l.query.Key), 1)
	for _, u := range l.statement.uses {
		if u.form == bare {
			args = append(args, "[]")
			continue
		}
		args = append(args, make([]any, parts)...)
	}
	return expand(l.statement, 1, slices.Repeat([]string{"?"}, parts)), args
}

// describe runs the statement without keys: the server says what the columns are only then.
func (l *mysqlLookup) describe(ctx context.Context) ([]*sql.ColumnType, error) {
	r, args := l.withoutKeys()
	rows, err := l.db.pool.QueryContext(ctx, r.sql, args...)
	if err != nil {
		return nil, mysqlPrepareError(ctx, err, r)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.ColumnTypes()
	if err == nil && len(columns) == 0 {
		return nil, invalid(errors.New("the statement answers no rows: write a SELECT"))
	}
	for err == nil && rows.Next() { //nolint:revive // What a row would say is not needed, its error is.
	}
	if err = errors.Join(err, rows.Err()); err != nil {
		return nil, mysqlPrepareError(ctx, err, r)
	}
	return columns, nil
}

// mysqlShape is what becomes of a result with certain columns.
type mysqlShape struct {
	layout   *layout
	cells    []appendMySQL
	declared []string
}

func declaredTypes(columns []*sql.ColumnType) []string {
	types := make([]string, len(columns))
	for i, c := range columns {
		types[i] = c.DatabaseTypeName()
	}
	return types
}

func (l *mysqlLookup) shapeOf(columns []*sql.ColumnType) (*mysqlShape, error) {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name()
	}
	s := &mysqlShape{cells: l.cellsOf(columns), declared: declaredTypes(columns)}
	var err error
	if s.layout, err = newLayout(names, l.query.Key); err != nil {
		return nil, invalid(err)
	}
	return s, nil
}

func (l *mysqlLookup) cellsOf(columns []*sql.ColumnType) []appendMySQL {
	cells := make([]appendMySQL, len(columns))
	for i, c := range columns {
		cells[i] = mysqlCell(c.DatabaseTypeName(), l.json[strings.ToLower(c.Name())])
	}
	return cells
}

// collation is that of a column of the result, with its character set. It is asked of a join without rows.
func (l *mysqlLookup) collation(ctx context.Context, column string) (charset, collation string, err error) {
	inner, args := l.withoutKeys()
	var set, name sql.NullString
	column = "answer." + quoteMySQL(column)
	err = l.db.pool.QueryRowContext(ctx,
		"SELECT CHARSET("+column+"), COLLATION("+column+") FROM (SELECT 1) one LEFT JOIN (\n"+inner.sql+"\n) answer ON FALSE", args...).Scan(&set, &name)
	if err != nil {
		return "", "", mysqlPrepareError(ctx, err, rewrite{})
	}
	return set.String, name.String, nil
}

func (l *mysqlLookup) loadRows(ctx context.Context, b *stages.Batch[lookup.Key, []byte]) error {
	var a *answer
	for keys := range slices.Chunk(b.Keys, l.most) {
		if err := l.loadSome(ctx, b, keys, &a); err != nil {
			return err
		}
	}
	return a.settle(ctx)
}

// loadSome adds what one statement returns to a, which it makes if there is none.
func (l *mysqlLookup) loadSome(ctx context.Context, b *stages.Batch[lookup.Key, []byte], keys []lookup.Key, a **answer) error {
	r := expand(l.statement, listSize(len(keys)*max(len(l.forms), 1)), l.places)
	rows, err := l.db.pool.QueryContext(ctx, r.sql, l.arguments(keys)...)
	if err != nil {
		return mysqlError(ctx, err)
	}
	defer func() { _ = rows.Close() }()
	shape, err := l.shapeOfRows(ctx, rows)
	if err != nil {
		return err
	}
	if !slices.Equal(shape.declared, l.declared) && !l.vague.Load() {
		return errOutdated
	}
	if *a == nil {
		*a = newAnswer(l.prepared, shape.layout, b)
	}
	(*a).layout = shape.layout
	row := newMySQLRow(shape.cells)
	return eachRow(ctx, rows, row.targets, mysqlError, func() error { return (*a).add(row) })
}
