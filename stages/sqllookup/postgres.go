package sqllookup

import (
	"context"
	"fmt"
	"sync"

	"github.com/loaderline/loaderline/internal/sqldriver"
)

type postgres struct {
	pool sqldriver.PostgresPool

	mu      sync.RWMutex
	catalog map[uint32]pgType
}

func openPostgres(ctx context.Context, cfg Config) (*postgres, error) {
	d := sqldriver.OfPostgres()
	if d == nil {
		return nil, withoutDriver(Postgres)
	}
	pool, err := d.Open(ctx, sqldriver.PostgresConfig{DSN: string(cfg.DSN), Pool: cfg.Pool, Timeout: cfg.Timeout})
	if err != nil {
		return nil, err
	}
	return &postgres{pool: pool, catalog: map[uint32]pgType{}}, nil
}

func (p *postgres) dialect() dialect { return postgresDialect }

func (p *postgres) ping(ctx context.Context) error {
	if err := p.pool.Ping(ctx); err != nil {
		return fmt.Errorf("PostgreSQL at %s: %w", p.pool.Address(), postgresError(ctx, err))
	}
	return nil
}

func (p *postgres) close() error {
	p.pool.Close()
	return nil
}

// run sends a query in one round trip, and calls each with every row. each may look at a row until it returns; the
// rows that follow its error are thrown away.
func (p *postgres) run(ctx context.Context, q sqldriver.PostgresQuery, each sqldriver.PostgresRow) error {
	own := ownErrors{}
	if q.Columns != nil {
		q.Columns = own.ofColumns(q.Columns)
	}
	return own.explain(ctx, p.pool.Run(ctx, q, own.of(each)))
}

// stream runs a query as run does, for as long as ctx lets it: the session's limit is for lookups.
func (p *postgres) stream(ctx context.Context, query string, each sqldriver.PostgresRow) error {
	own := ownErrors{}
	return own.explain(ctx, p.pool.Stream(ctx, query, own.of(each)))
}

// ownErrors keeps the error of a function that reads a result, which is no error of the database.
type ownErrors struct{ err error }

func (o *ownErrors) of(each sqldriver.PostgresRow) sqldriver.PostgresRow {
	return func(fields []sqldriver.PostgresField, values [][]byte) error {
		o.err = each(fields, values)
		return o.err
	}
}

func (o *ownErrors) ofColumns(columns func([]sqldriver.PostgresField) error) func([]sqldriver.PostgresField) error {
	return func(fields []sqldriver.PostgresField) error {
		o.err = columns(fields)
		return o.err
	}
}

// explain returns the error of a call.
func (o *ownErrors) explain(ctx context.Context, err error) error {
	if o.err != nil || err == nil {
		return o.err
	}
	return postgresError(ctx, err)
}
