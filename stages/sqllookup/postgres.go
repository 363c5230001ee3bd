package sqllookup

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"
)

type postgres struct {
	pool           *pgxpool.Pool
	address        string
	settings       pgSettings
	connectTimeout time.Duration

	mu      sync.RWMutex
	catalog map[uint32]pgType
}

func openPostgres(ctx context.Context, cfg Config) (*postgres, error) {
	pc, err := pgxpool.ParseConfig(string(cfg.DSN))
	if err != nil {
		return nil, dsnError(err)
	}
	pc.MaxConns = int32(min(cfg.Pool, 1<<16))
	params := map[string]string{"application_name": "loaderline"}
	maps.Copy(params, pc.ConnConfig.RuntimeParams)
	p := &postgres{settings: newPGSettings(cfg.Timeout, params), catalog: map[uint32]pgType{}}
	// Values are rendered from the text that these three decide. Poolers know them.
	params["client_encoding"], params["DateStyle"], params["TimeZone"] = "UTF8", "ISO", "UTC"
	pc.ConnConfig.RuntimeParams = params
	if pc.ConnConfig.ConnectTimeout == 0 {
		pc.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	// A call that was given up is cancelled in the server too, and the connection lives on where that is quick.
	pc.ConnConfig.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: time.Second}
	}
	renewTLS(string(cfg.DSN), pc)
	p.connectTimeout, pc.ConnConfig.AfterConnect = pc.ConnConfig.ConnectTimeout, p.connected
	p.address = net.JoinHostPort(pc.ConnConfig.Host, strconv.Itoa(int(pc.ConnConfig.Port)))
	if p.pool, err = pgxpool.NewWithConfig(ctx, pc); err != nil {
		return nil, dsnError(err)
	}
	return p, nil
}

// dsnError keeps the driver's words back: they can hold parts of a password.
func dsnError(err error) error {
	if strings.Contains(err.Error(), "configure TLS") {
		return errors.New("the dsn's TLS settings are wrong: check sslmode, sslrootcert, sslcert and sslkey")
	}
	return errors.New("the dsn cannot be read: write postgres://user:password@host:5432/database, with %40 for an @ in the password, or key=value pairs")
}

func (p *postgres) dialect() dialect { return postgresDialect }

func (p *postgres) ping(ctx context.Context) error {
	if err := p.pool.Ping(ctx); err != nil {
		return fmt.Errorf("PostgreSQL at %s: %w", p.address, postgresError(ctx, err))
	}
	return nil
}

func (p *postgres) close() error {
	p.pool.Close()
	return nil
}

// pgQuery is one statement with its parameters in text format.
type pgQuery struct {
	sql    string
	values [][]byte
	oids   []uint32
	set    bool // the transaction has its settings
	// columns is told the columns before the first row, also where there is none. Its error is as that of each. Nil is not told.
	columns func([]pgconn.FieldDescription) error
}

// run sends a query in one round trip, and calls each with every row. each may look at a row until it returns; the
// rows that follow its error are thrown away.
func (p *postgres) run(ctx context.Context, q pgQuery, each func([]pgconn.FieldDescription, [][]byte) error) error {
	conn, err := p.pool.Acquire(ctx)
	if err != nil {
		return postgresError(ctx, err)
	}
	defer conn.Release()
	return p.read(ctx, conn.Conn().PgConn(), q, each)
}

// read is run on a connection.
func (p *postgres) read(ctx context.Context, pg *pgconn.PgConn, q pgQuery, each func([]pgconn.FieldDescription, [][]byte) error) error {
	reading, stop := context.WithCancel(ctx)
	defer stop()
	var unwanted error
	err := p.each(reading, pg, q, func(rows *pgconn.ResultReader) error {
		if fields := rows.FieldDescriptions(); q.columns != nil && len(fields) > 0 { // There are none after an error.
			if unwanted = q.columns(fields); unwanted != nil {
				stop()
				return unwanted
			}
		}
		for rows.NextRow() {
			if unwanted = each(rows.FieldDescriptions(), rows.Values()); unwanted != nil {
				stop() // The server need not send the rest.
				return unwanted
			}
		}
		return nil
	})
	switch {
	case unwanted != nil:
		return unwanted
	case err == nil:
		return nil
	case pg.IsClosed() && ctx.Err() == nil:
		p.pool.Reset() // What ended this connection has likely ended the idle ones.
	}
	return postgresError(ctx, err)
}
