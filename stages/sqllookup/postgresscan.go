package sqllookup

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
)

// prepareScan describes a query and has the server plan it.
func (l *pgLookup) prepareScan(ctx context.Context, query string) (scanRows, error) {
	r := rewrite{sql: query, from: query}
	described, err := l.db.describe(ctx, r, nil)
	if err != nil {
		return nil, err
	}
	shape, err := l.shapeOf(ctx, described.Fields)
	if err != nil {
		return nil, err
	}
	if err := l.sameColumns(shape.layout.names); err != nil {
		return nil, err
	}
	if err := l.db.explain(ctx, r, nil); err != nil {
		return nil, err
	}
	return func(ctx context.Context, each func(*layout, row) error) error {
		row := pgRow{cells: shape.cells}
		return l.db.stream(ctx, query, func(fields []pgconn.FieldDescription, values [][]byte) error {
			if row.values == nil && !slices.EqualFunc(fields, described.Fields, sameField) {
				return invalid(errors.New("the columns of the result have changed since the start: start again"))
			}
			row.values = values
			return each(shape.layout, &row)
		})
	}, nil
}

func sameField(a, b pgconn.FieldDescription) bool {
	return a.Name == b.Name && a.DataTypeOID == b.DataTypeOID
}

// stream runs a query as run does, for as long as ctx lets it: the session's limit is for lookups.
func (p *postgres) stream(ctx context.Context, query string, each func([]pgconn.FieldDescription, [][]byte) error) error {
	conn, err := p.pool.Acquire(ctx)
	if err != nil {
		return postgresError(ctx, err)
	}
	defer conn.Release() // It closes a connection whose transaction is open.
	pg := conn.Conn().PgConn()
	begin := "BEGIN READ ONLY; "
	if isPooled(pg) {
		begin += p.settings.ofTransaction() + "; "
	}
	if _, err := pg.Exec(ctx, begin+"SET LOCAL statement_timeout = 0").ReadAll(); err != nil {
		return postgresError(ctx, err)
	}
	if err := p.read(ctx, pg, pgQuery{sql: query, set: true}, each); err != nil {
		return err
	}
	if _, err := pg.Exec(ctx, "COMMIT").ReadAll(); err != nil {
		return postgresError(ctx, err)
	}
	return nil
}
