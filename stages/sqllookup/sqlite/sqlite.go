// Package sqlite is the driver of SQLite, for package sqllookup. A program that uses sqllookup.SQLite imports it for its effect:
//
//	import _ "github.com/loaderline/loaderline/stages/sqllookup/sqlite"
package sqlite

import (
	"database/sql"
	"errors"

	driver "modernc.org/sqlite" // It is the database/sql driver "sqlite" too.

	"github.com/loaderline/loaderline/internal/sqldriver"
)

func init() { sqldriver.RegisterSQLite(sqldriver.SQLite{Open: open, Said: said}) }

// open is sqldriver.SQLite.Open.
func open(dsn string) (*sql.DB, error) { return sql.Open("sqlite", dsn) }

// said is sqldriver.SQLite.Said.
func said(err error) (code int, text string, ok bool) {
	e, ok := errors.AsType[*driver.Error](err)
	if !ok {
		return 0, "", false
	}
	return e.Code(), e.Error(), true
}
