package postgres

import (
	"context"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loaderline/loaderline/internal/sqldriver"
)

// Run implements sqldriver.PostgresPool.
func (p *pool) Run(ctx context.Context, q sqldriver.PostgresQuery, each sqldriver.PostgresRow) error {
	conn, err := p.inner.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	return p.read(ctx, conn.Conn().PgConn(), q, false, each)
}

// read is Run on a connection. set says that the transaction has its settings.
func (p *pool) read(ctx context.Context, pg *pgconn.PgConn, q sqldriver.PostgresQuery, set bool, each sqldriver.PostgresRow) error {
	reading, stop := context.WithCancel(ctx)
	defer stop()
	var unwanted error
	err := p.result(reading, pg, q, set, func(rows *pgconn.ResultReader) error {
		fields := fieldsOf(rows.FieldDescriptions())
		if q.Columns != nil && len(fields) > 0 { // There are none after an error.
			if unwanted = q.Columns(fields); unwanted != nil {
				stop()
				return unwanted
			}
		}
		for rows.NextRow() {
			if unwanted = each(fields, rows.Values()); unwanted != nil {
				stop() // The server need not send the rest.
				return unwanted
			}
		}
		return nil
	})
	switch {
	case unwanted != nil:
		return unwanted
	case err != nil && pg.IsClosed() && ctx.Err() == nil:
		p.inner.Reset() // What ended this connection has likely ended the idle ones.
	}
	return err
}

// result sends a query in one round trip, and calls read with its result. set says that the transaction has its settings. On a pooled connection the
// settings go before the query, in the same transaction: a transaction is what is between two Syncs.
func (p *pool) result(ctx context.Context, pg *pgconn.PgConn, q sqldriver.PostgresQuery, set bool, read func(*pgconn.ResultReader) error) error {
	if set || !isPooled(pg) {
		rows := pg.ExecParams(ctx, q.SQL, q.Values, q.OIDs, nil, nil)
		if err := read(rows); err != nil {
			_, _ = rows.Close()
			return err
		}
		_, err := rows.Close()
		return err
	}
	batch := &pgconn.Batch{}
	batch.ExecParams(p.settings.ofTransaction(), nil, nil, nil, nil)
	batch.ExecParams(q.SQL, q.Values, q.OIDs, nil, nil)
	results := pg.ExecBatch(ctx, batch)
	for n := 0; results.NextResult(); n++ {
		if n == 0 {
			_, _ = results.ResultReader().Close() // Its error is that of results.
			continue
		}
		if err := read(results.ResultReader()); err != nil {
			_ = results.Close()
			return err
		}
	}
	return results.Close()
}

// Stream implements sqldriver.PostgresPool.
func (p *pool) Stream(ctx context.Context, sql string, each sqldriver.PostgresRow) error {
	conn, err := p.inner.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release() // It closes a connection whose transaction is open.
	pg := conn.Conn().PgConn()
	begin := "BEGIN READ ONLY; "
	if isPooled(pg) {
		begin += p.settings.ofTransaction() + "; "
	}
	if _, err := pg.Exec(ctx, begin+"SET LOCAL statement_timeout = 0").ReadAll(); err != nil {
		return err
	}
	if err := p.read(ctx, pg, sqldriver.PostgresQuery{SQL: sql}, true, each); err != nil {
		return err
	}
	_, err = pg.Exec(ctx, "COMMIT").ReadAll()
	return err
}

// Describe implements sqldriver.PostgresPool.
func (p *pool) Describe(ctx context.Context, sql string, oids []uint32) (*sqldriver.PostgresDescription, error) {
	conn, err := p.inner.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	described, err := conn.Conn().PgConn().Prepare(ctx, "", sql, oids)
	if err != nil {
		return nil, err
	}
	return &sqldriver.PostgresDescription{Parameters: described.ParamOIDs, Fields: fieldsOf(described.Fields)}, nil
}

func fieldsOf(fields []pgconn.FieldDescription) []sqldriver.PostgresField {
	made := make([]sqldriver.PostgresField, len(fields))
	for i, f := range fields {
		made[i] = sqldriver.PostgresField{Name: f.Name, Type: f.DataTypeOID, Modifier: f.TypeModifier}
	}
	return made
}
