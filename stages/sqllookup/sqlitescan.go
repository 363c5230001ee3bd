package sqllookup

import (
	"context"
	"errors"
	"strings"
)

// prepareScan runs a query without rows: the driver says what the columns are only then.
func (l *sqliteLookup) prepareScan(ctx context.Context, query string) (scanRows, error) {
	rows, err := l.pool.QueryContext(ctx, withoutRows(query))
	if err != nil {
		return nil, prepareError(ctx, err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.ColumnTypes()
	if err = errors.Join(err, rows.Err()); err != nil {
		return nil, prepareError(ctx, err)
	}
	names, types := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		names[i], types[i] = c.Name(), strings.ToUpper(c.DatabaseTypeName())
	}
	if err := l.sameColumns(names); err != nil {
		return nil, err
	}
	query = asStored(query, names, types)
	return func(ctx context.Context, each func(*layout, row) error) error {
		rows, err := l.pool.QueryContext(ctx, query)
		if err != nil {
			return sqliteError(ctx, err)
		}
		defer func() { _ = rows.Close() }()
		r := newSQLiteRow(types)
		return eachRow(ctx, rows, r.targets, sqliteError, func() error { return each(l.layout, r) })
	}, nil
}
