// Package sqldriver is the contract between package sqllookup and the packages below it, which have the Go drivers of
// databases. A program has the drivers of the packages that it imports.
package sqldriver

import (
	"database/sql"
	"database/sql/driver"
)

// The drivers of the program; nil: it has none. Register functions set them while the program starts.
var (
	postgres *Postgres
	mysql    *MySQL
	sqlite   *SQLite
)

// RegisterPostgres gives the program its driver of PostgreSQL.
func RegisterPostgres(d Postgres) { postgres = &d }

// RegisterMySQL gives the program its driver of MySQL and MariaDB.
func RegisterMySQL(d MySQL) { mysql = &d }

// RegisterSQLite gives the program its driver of SQLite.
func RegisterSQLite(d SQLite) { sqlite = &d }

// OfPostgres returns the driver of PostgreSQL, or nil.
func OfPostgres() *Postgres { return postgres }

// OfMySQL returns the driver of MySQL and MariaDB, or nil.
func OfMySQL() *MySQL { return mysql }

// OfSQLite returns the driver of SQLite, or nil.
func OfSQLite() *SQLite { return sqlite }

// SQLite is a driver of SQLite.
type SQLite struct {
	// Open opens a database by the driver's DSN.
	Open func(dsn string) (*sql.DB, error)
	// Said returns SQLite's code with its extended part, and the driver's text, if an error is from SQLite.
	Said func(error) (code int, text string, ok bool)
}

// MySQL is a driver of MySQL and MariaDB.
type MySQL struct {
	// Open reads a DSN. Its error has no part of the DSN.
	Open func(dsn string) (*MySQLServer, error)
	// Failure says what an error is.
	Failure func(error) MySQLFailure
}

// MySQLServer is where a DSN leads.
type MySQLServer struct {
	Connector driver.Connector
	Address   string // host:port
	// Params are the variables of sessions that the DSN sets.
	Params map[string]string
}

// MySQLFailure is what an error of MySQL's driver is.
type MySQLFailure struct {
	// Number, State and Message are what the server said. A Number of 0 says that the error is not from the server.
	Number         uint16
	State, Message string
	// TooLarge says that a statement is larger than the server takes.
	TooLarge bool
	// NoTLS says that the server has no TLS and the DSN demands it. Login says that the driver does not log in as the server wants.
	NoTLS, Login bool
}
