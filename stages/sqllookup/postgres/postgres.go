// Package postgres is the driver of PostgreSQL, for package sqllookup. A program that uses sqllookup.Postgres imports it for its
// effect:
//
//	import _ "github.com/loaderline/loaderline/stages/sqllookup/postgres"
package postgres

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loaderline/loaderline/internal/sqldriver"
)

func init() { sqldriver.RegisterPostgres(sqldriver.Postgres{Open: open, Failure: failure}) }

// failure is sqldriver.Postgres.Failure.
func failure(err error) sqldriver.PostgresFailure {
	f := sqldriver.PostgresFailure{Timeout: pgconn.Timeout(err), Role: roleWords(err)}
	_, f.Connecting = errors.AsType[*pgconn.ConnectError](err)
	if said, ok := errors.AsType[*pgconn.PgError](err); ok {
		f.Code, f.Message, f.Position = said.Code, said.Message, int(said.Position)
	}
	return f
}

// roleWords says what a server is that the dsn does not ask for. Where there are several, the last one speaks for all.
func roleWords(err error) string {
	switch {
	case errors.Is(err, pgconn.ErrReadOnlyConnection):
		return "the server is read only"
	case errors.Is(err, pgconn.ErrReadWriteConnection):
		return "the server is not read only"
	case errors.Is(err, pgconn.ErrStandbyConnection):
		return "the server is a standby"
	case errors.Is(err, pgconn.ErrPrimaryConnection):
		return "the server is no standby"
	}
	return ""
}
