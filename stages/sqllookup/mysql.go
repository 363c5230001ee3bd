package sqllookup

import (
	"context"
	"database/sql"
	stddriver "database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/loaderline/loaderline/internal/sqldriver"
)

// mysql is MySQL or MariaDB: what they differ in is asked for in comments that only one of them reads.
type mysql struct {
	pool    *sql.DB
	address string
}

func openMySQL(cfg Config) (*mysql, error) {
	d := sqldriver.OfMySQL()
	if d == nil {
		return nil, withoutDriver(MySQL)
	}
	server, err := d.Open(string(cfg.DSN))
	if err != nil {
		return nil, err
	}
	pool := sql.OpenDB(&mysqlConnector{Connector: server.Connector, settings: mysqlSettings(cfg.Timeout, server.Params)})
	pool.SetMaxOpenConns(cfg.Pool)
	pool.SetMaxIdleConns(cfg.Pool)
	// Servers and proxies close what is idle for long; 8 hours is the server's default.
	pool.SetConnMaxIdleTime(5 * time.Minute)
	return &mysql{pool: pool, address: server.Address}, nil
}

// mysqlSettings are the statements that begin a session. What params says of the time limits wins.
func mysqlSettings(timeout time.Duration, params map[string]string) []string {
	var set strings.Builder
	// Values are rendered from what these decide.
	set.WriteString("SET NAMES utf8mb4, time_zone = '+00:00'")
	// Without this MariaDB makes a join of a long list of keys, and reads the whole table for a composite key.
	set.WriteString(" /*M!100500 , in_predicate_conversion_threshold = 0 */")
	// A list that is too large for the optimizer's memory is no range: MySQL would read the whole table.
	set.WriteString(" /*!50712 , range_optimizer_max_mem_size = 0 */")
	if timeout > 0 && params["max_statement_time"] == "" && params["max_execution_time"] == "" {
		set.WriteString(" /*M!100103 , max_statement_time = " + strconv.FormatFloat(timeout.Seconds(), 'f', 6, 64) + " */")
		set.WriteString(" /*!50708 , max_execution_time = " + strconv.FormatInt(max(timeout.Milliseconds(), 1), 10) + " */")
	}
	return []string{set.String(), "SET SESSION TRANSACTION READ ONLY"}
}

// mysqlConnector makes connections whose session is set.
type mysqlConnector struct {
	stddriver.Connector

	settings []string
}

// Connect connects and sets the session.
func (c *mysqlConnector) Connect(ctx context.Context) (stddriver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, &connectError{err}
	}
	session, ok := conn.(stddriver.ExecerContext)
	if !ok {
		return nil, errors.Join(errors.New("the driver's connections cannot be set"), conn.Close())
	}
	for _, setting := range c.settings {
		if _, err := session.ExecContext(ctx, setting, nil); err != nil {
			return nil, &connectError{errors.Join(err, conn.Close())}
		}
	}
	return conn, nil
}

// connectError is an error of making a connection, not of a call on it.
type connectError struct{ err error }

func (e *connectError) Error() string { return e.err.Error() }

func (e *connectError) Unwrap() error { return e.err }

func (m *mysql) dialect() dialect { return mysqlDialect }

func (m *mysql) ping(ctx context.Context) error {
	if err := m.pool.PingContext(ctx); err != nil {
		return fmt.Errorf("MySQL at %s: %w", m.address, mysqlError(ctx, err))
	}
	return nil
}

func (m *mysql) close() error { return m.pool.Close() }
