package sqllookup

import (
	"context"
	"database/sql"
	stddriver "database/sql/driver"
	"errors"
)

// unlimited takes back the time limits of a session.
const unlimited = "SET @loaderline_scan = 1 /*M!100103 , max_statement_time = 0 */ /*!50708 , max_execution_time = 0 */"

// prepareScan runs a query without rows: the server says what the columns are only then.
func (l *mysqlLookup) prepareScan(ctx context.Context, query string) (scanRows, error) {
	rows, err := l.db.pool.QueryContext(ctx, withoutRows(query))
	if err != nil {
		return nil, mysqlPrepareError(ctx, err, rewrite{})
	}
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	if err = errors.Join(err, rows.Err()); err != nil {
		return nil, mysqlPrepareError(ctx, err, rewrite{})
	}
	if err := l.sameColumns(names); err != nil {
		return nil, err
	}
	return func(ctx context.Context, each func(*layout, row) error) error { return l.stream(ctx, query, each) }, nil
}

// stream runs a query on a separate connection, without the limits of a session for lookups.
func (l *mysqlLookup) stream(ctx context.Context, query string, each func(*layout, row) error) error {
	conn, err := l.db.pool.Conn(ctx)
	if err != nil {
		return mysqlError(ctx, err)
	}
	defer func() {
		_ = conn.Raw(func(any) error { return stddriver.ErrBadConn }) // Its session is not one for lookups any more.
		_ = conn.Close()
	}()
	if _, err := conn.ExecContext(ctx, unlimited); err != nil {
		return mysqlError(ctx, err)
	}
	// Rows that are closed early are read to their end, unless the query is over.
	reading, stop := context.WithCancel(ctx)
	defer stop()
	rows, err := conn.QueryContext(reading, query)
	if err != nil {
		return mysqlError(ctx, err)
	}
	defer func() { _ = rows.Close() }()
	shape, err := l.shapeOfRows(ctx, rows)
	if err != nil {
		stop()
		return err
	}
	r := newMySQLRow(shape.cells)
	return eachRow(ctx, rows, r.targets, mysqlError, func() error {
		err := each(shape.layout, r)
		if err != nil {
			stop()
		}
		return err
	})
}

func (l *mysqlLookup) shapeOfRows(ctx context.Context, rows *sql.Rows) (*mysqlShape, error) {
	columns, err := rows.ColumnTypes()
	if err != nil {
		return nil, mysqlError(ctx, err)
	}
	return l.shapeOf(columns)
}
