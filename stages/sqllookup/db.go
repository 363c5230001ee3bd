package sqllookup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/stages/lookup"
)

// The drivers. A program imports the package of each that it uses.
const (
	// Postgres is for PostgreSQL: package sqllookup/postgres.
	Postgres = "postgres"
	// MySQL is for MySQL and MariaDB: package sqllookup/mysql.
	MySQL = "mysql"
	// SQLite is for files of SQLite: package sqllookup/sqlite.
	SQLite = "sqlite"
)

// Config says which database to use, and how. The zero value of each field but Driver and DSN is its default.
type Config struct {
	// Driver is Postgres, MySQL or SQLite.
	Driver string
	// DSN says where the database is. No error shows it.
	//
	// PostgreSQL: postgres://user:password@host:5432/database, or key=value pairs. Its settings win over those made here.
	//
	// MySQL and MariaDB: mysql://user:password@host:3306/database, or user:password@tcp(host:3306)/database. It can have the
	// parameters of go-sql-driver: tls=true encrypts, and what would change how values are read is ignored.
	//
	// SQLite: a path or a file: URI. It is opened read only unless the URI has a mode.
	DSN lookup.Secret
	// Pool is the number of connections at most. Defaults to 8.
	Pool int
	// Timeout bounds one statement in the database. On SQLite, where the context alone bounds a call, it bounds the wait for a
	// lock. Defaults to 5 s; negative is none.
	Timeout time.Duration
	// MaxAnswerBytes bounds the JSON of one call's answer in memory. Defaults to 256 MiB. A larger answer is a
	// permanent error, so that the engine asks again for fewer keys.
	MaxAnswerBytes int64
}

func (cfg Config) withDefaults() Config {
	if cfg.Pool <= 0 {
		cfg.Pool = 8
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 5 * time.Second
	}
	if cfg.MaxAnswerBytes <= 0 {
		cfg.MaxAnswerBytes = 256 << 20
	}
	return cfg
}

// database is a lookup.Client with a pool of connections.
type database struct {
	cfg    Config
	driver driver
}

// driver is what the databases differ in.
type driver interface {
	ping(ctx context.Context) error
	close() error
	dialect() dialect
	// prepare finds p's types and layout, and the function that runs it. It returns a lookup.Error, classified.
	prepare(ctx context.Context, p *prepared, s statement) error
}

// Open makes a client of a database without connecting. Its error is a mistake in the configuration.
//
// The client's Lookup has the database describe the query, and so finds mistakes in it: the statement, a table, a
// column, a permission, a key column. Such an error is fatal by stages.ClassOf. It has the database's message, and the
// place in the statement. An error that is not fatal means that the database could not be reached. Close waits for the
// calls in progress.
func Open(ctx context.Context, cfg Config) (lookup.Client[Query], error) {
	cfg = cfg.withDefaults()
	if cfg.DSN == "" {
		return nil, errors.New("sql: there is no dsn: it says where the database is")
	}
	db := &database{cfg: cfg}
	var err error
	switch cfg.Driver {
	case Postgres:
		db.driver, err = openPostgres(ctx, cfg)
	case MySQL:
		db.driver, err = openMySQL(cfg)
	case SQLite:
		db.driver, err = openSQLite(cfg)
	default:
		err = fmt.Errorf("unknown driver %q: it is %s, %s or %s", cfg.Driver, Postgres, MySQL, SQLite)
	}
	if err != nil {
		return nil, fmt.Errorf("sql: %w", err)
	}
	return db, nil
}

// withoutDriver is the error of Open if the program does not import a driver.
func withoutDriver(name string) error {
	return fmt.Errorf("this program is built without the driver %s: import _ %q", name, "github.com/loaderline/loaderline/stages/sqllookup/"+name)
}

// Ping implements lookup.Client. Its error is for the operator: it names the database's host and port or file, and no credentials.
func (db *database) Ping(ctx context.Context) error { return db.driver.ping(ctx) }

// Close implements lookup.Client: it ends the connections once the calls on them have returned.
func (db *database) Close() error { return db.driver.close() }

// Query selects the rows of many keys at once. The zero value of each field but SQL is its default.
type Query struct {
	// Name names the stage in errors. Defaults to "lookup".
	Name string
	// SQL is one SELECT with $keys as "= ANY($keys)" (PostgreSQL) or "IN ($keys)", and "(a, b) IN ($keys)" for a
	// composite key.
	SQL string
	// Key names the columns that hold a row's key, in the order of the key's parts. Defaults to the column _key,
	// which the result leaves out.
	Key []string
	// KeyType names the types of the key's parts, one of those in package lookup each. Defaults to the types of the statement's
	// parameters on PostgreSQL, to those of the result's key columns on MySQL, and to their declared types on SQLite.
	KeyType []string
	// Many makes a list of a key's rows, in the order of the result. Without it a second row fails the key.
	Many bool
}

// Lookup implements lookup.Client.
func (db *database) Lookup(ctx context.Context, q Query) (lookup.Lookup, error) {
	if q.Name == "" {
		q.Name = "lookup"
	}
	l := &sqlLookup{db: db, query: q, learning: learning{turn: make(chan struct{}, 1)}}
	if err := l.prepare(ctx); err != nil {
		return nil, fmt.Errorf("stage %s: %w", q.Name, err)
	}
	return l, nil
}

func (l *sqlLookup) prepare(ctx context.Context) (err error) {
	if l.statement, err = parseStatement(l.query.SQL, l.db.driver.dialect()); err != nil {
		return invalid(err)
	}
	p, err := l.describe(ctx)
	if err == nil && p.verify != nil {
		err = p.verify(ctx)
	}
	l.described.Store(p)
	return err
}

// describe has the database describe the query.
func (l *sqlLookup) describe(ctx context.Context) (*prepared, error) {
	p := &prepared{db: l.db, query: l.query}
	for _, name := range l.query.KeyType {
		t, err := lookupkey.ParseType(name)
		if err != nil {
			return nil, invalid(err)
		}
		p.types = append(p.types, t)
	}
	if n := max(len(l.query.Key), 1); p.types != nil && len(p.types) != n {
		return nil, invalid(fmt.Errorf("the key has %s, and key_type says %s", plural.Count(n, "column"), plural.Count(len(p.types), "type")))
	}
	return p, l.db.driver.prepare(ctx, p, l.statement)
}
