package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"

	"github.com/loaderline/loaderline/testenv"
)

// database is the shop, seen from another database of the same server, so that a look at it leaves no trace in it.
type database struct{ admin, dsn, name string }

// seed fills the shop. It is vacuumed, so that the server does not do so while something is measured.
func seed(ctx context.Context, admin, dsn string, users int) (_ database, err error) {
	if err := testenv.SeedShop(ctx, dsn, testenv.ShopConfig{Users: users}); err != nil {
		return database{}, err
	}
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return database{}, err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	_, err = conn.Exec(ctx, "VACUUM ANALYZE")
	return database{admin: admin, dsn: dsn, name: conn.Config().Database}, err
}

// users returns the users as records of a table: the id is the key, and the row the value.
func (d database) users(ctx context.Context) (_ []testenv.Event, err error) {
	conn, err := pgx.Connect(ctx, d.dsn)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	rows, err := conn.Query(ctx, "SELECT id::text, row_to_json(users)::text FROM users")
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (e testenv.Event, err error) {
		err = row.Scan(&e.Key, &e.Value)
		return e, err
	})
}

// calls returns how many transactions the shop has seen. Opening a connection does not count. A server process reports
// its transactions when it ends: calls waits for that.
func (d database) calls(ctx context.Context) (_ int64, err error) {
	const poll, patience = 20 * time.Millisecond, 10 * time.Second
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errors.New("a connection to the shop is left open"))
	defer cancel()
	conn, err := pgx.Connect(ctx, d.admin)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		var open, calls int64
		err := conn.QueryRow(ctx, `
SELECT (SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'),
	xact_commit + xact_rollback - sessions
FROM pg_stat_database WHERE datname = $1`, d.name).Scan(&open, &calls)
		if err == nil && open == 0 {
			return calls, nil
		}
		if err == nil {
			select {
			case <-tick.C:
				continue
			case <-ctx.Done():
				err = context.Cause(ctx)
			}
		}
		return 0, fmt.Errorf("counting backend calls: %w", err)
	}
}

// through returns a DSN by which each answer of the shop is late by delay, and what ends the way there.
func (d database) through(ctx context.Context, delay time.Duration) (dsn string, disconnect func(), err error) {
	if delay == 0 {
		return d.dsn, func() {}, nil
	}
	config, err := pgx.ParseConfig(d.dsn)
	if err != nil {
		return "", nil, err
	}
	free, err := testenv.FreeAddresses(ctx, 1)
	if err != nil {
		return "", nil, err
	}
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	proxy := toxiproxy.NewProxy(server, "shop", free[0], net.JoinHostPort(config.Host, fmt.Sprint(config.Port)))
	if err := proxy.Start(); err != nil {
		return "", nil, fmt.Errorf("proxy to the shop: %w", err)
	}
	toxic := fmt.Sprintf(`{"type":"latency","stream":"downstream","attributes":{"latency":%d,"jitter":0}}`, delay.Milliseconds())
	if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
		proxy.Stop()
		return "", nil, fmt.Errorf("delaying the shop: %w", err)
	}
	return withAddress(d.dsn, free[0]), proxy.Stop, nil
}

// withAddress returns the DSN, a URL or keywords, with another server in it.
func withAddress(dsn, address string) string {
	if u, err := url.Parse(dsn); err == nil && u.Scheme != "" {
		u.Host = address
		return u.String()
	}
	host, port, _ := net.SplitHostPort(address)
	return fmt.Sprintf("%s host=%s port=%s", dsn, host, port) // of two equal keywords the last one wins.
}
