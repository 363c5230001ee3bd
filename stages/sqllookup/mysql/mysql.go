// Package mysql is the driver of MySQL and MariaDB, for package sqllookup. A program that uses sqllookup.MySQL imports it for
// its effect:
//
//	import _ "github.com/loaderline/loaderline/stages/sqllookup/mysql"
package mysql

import (
	"errors"

	driver "github.com/go-sql-driver/mysql"

	"github.com/loaderline/loaderline/internal/sqldriver"
)

func init() { sqldriver.RegisterMySQL(sqldriver.MySQL{Open: open, Failure: failure}) }

// open is sqldriver.MySQL.Open.
func open(dsn string) (*sqldriver.MySQLServer, error) {
	cfg, err := parseDSN(dsn)
	if err != nil {
		return nil, err
	}
	connector, err := driver.NewConnector(cfg)
	if err != nil {
		return nil, errDSN
	}
	return &sqldriver.MySQLServer{Connector: connector, Address: cfg.Addr, Params: cfg.Params}, nil
}

// failure is sqldriver.MySQL.Failure.
func failure(err error) sqldriver.MySQLFailure {
	f := sqldriver.MySQLFailure{
		TooLarge: errors.Is(err, driver.ErrPktTooLarge),
		NoTLS:    errors.Is(err, driver.ErrNoTLS),
		Login: errors.Is(err, driver.ErrCleartextPassword) || errors.Is(err, driver.ErrNativePassword) ||
			errors.Is(err, driver.ErrOldPassword) || errors.Is(err, driver.ErrUnknownPlugin),
	}
	if said, ok := errors.AsType[*driver.MySQLError](err); ok {
		f.Number, f.State, f.Message = said.Number, string(said.SQLState[:]), said.Message
	}
	return f
}
