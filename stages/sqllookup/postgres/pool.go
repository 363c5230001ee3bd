package postgres

import (
	"context"
	"errors"
	"maps"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loaderline/loaderline/internal/sqldriver"
)

// pool is a sqldriver.PostgresPool.
type pool struct {
	inner          *pgxpool.Pool
	address        string
	settings       pgSettings
	connectTimeout time.Duration
}

func open(ctx context.Context, cfg sqldriver.PostgresConfig) (sqldriver.PostgresPool, error) {
	pc, err := pgxpool.ParseConfig(cfg.DSN)
	if err != nil {
		return nil, dsnError(err)
	}
	pc.MaxConns = int32(min(cfg.Pool, 1<<16))
	params := map[string]string{"application_name": "loaderline"}
	maps.Copy(params, pc.ConnConfig.RuntimeParams)
	p := &pool{settings: newPGSettings(cfg.Timeout, params)}
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
	renewTLS(cfg.DSN, pc)
	p.connectTimeout, pc.ConnConfig.AfterConnect = pc.ConnConfig.ConnectTimeout, p.connected
	p.address = net.JoinHostPort(pc.ConnConfig.Host, strconv.Itoa(int(pc.ConnConfig.Port)))
	if p.inner, err = pgxpool.NewWithConfig(ctx, pc); err != nil {
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

// Address implements sqldriver.PostgresPool.
func (p *pool) Address() string { return p.address }

// Ping implements sqldriver.PostgresPool.
func (p *pool) Ping(ctx context.Context) error { return p.inner.Ping(ctx) }

// Close implements sqldriver.PostgresPool.
func (p *pool) Close() { p.inner.Close() }
