package sqllookup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/plural"
)

// The drivers.
const (
	Postgres = "postgres"
	MySQL    = "mysql" // MariaDB too.
	SQLite   = "sqlite"
)

// Config says which database to use, and how. The zero value of each field but Driver and DSN is its default.
type Config struct {
	// Driver is Postgres, MySQL or SQLite.
	Driver string
	// DSN says where the database is. PostgreSQL: postgres://user:password@host:5432/database or key=value pairs;
	// settings in it win over those made here. MySQL and MariaDB: mysql://user:password@host:3306/database, or
	// user:password@tcp(host:3306)/database, with the parameters of go-sql-driver; of those, what would change how values
	// are read is ignored, and tls=true encrypts. SQLite: a path or a file: URI, opened read only unless the URI has a
	// mode. It is in no error.
	DSN string
	// Pool is the number of connections at most. Defaults to 8.
	Pool int
	// Timeout bounds one statement in the database; on SQLite, where the context alone bounds a call, it bounds the
	// wait for a lock. Defaults to 5 s; negative is none.
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

// DB is a database with a pool of connections. It is safe for concurrent use.
type DB struct {
	cfg    Config
	driver driver
}

// driver is what the databases differ in.
type driver interface {
	ping(ctx context.Context) error
	close() error
	dialect() dialect
	// prepare finds p's types and layout, and the function that runs it. It returns an *Error, classified.
	prepare(ctx context.Context, p *prepared, s statement) error
}

// Open makes a DB without connecting: only a mistake in the configuration is an error. See Ping.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	cfg = cfg.withDefaults()
	if cfg.DSN == "" {
		return nil, errors.New("sql: there is no dsn: it says where the database is")
	}
	db := &DB{cfg: cfg}
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

// Ping asks whether the database answers. Its error is for the operator: it names the database's host and port or
// file, and no credentials.
func (db *DB) Ping(ctx context.Context) error { return db.driver.ping(ctx) }

// Close ends the connections once the calls on them have returned.
func (db *DB) Close() error { return db.driver.close() }

// Query is one bulk lookup.
type Query struct {
	// Name is the stage's name, for errors. Defaults to "lookup".
	Name string
	// SQL is one SELECT with $keys as `= ANY($keys)` (PostgreSQL) or `IN ($keys)`, and `(a, b) IN ($keys)` for a
	// composite key.
	SQL string
	// Key names the columns that hold a row's key, in the order of the key's parts. Defaults to the column _key,
	// which is left out of the row.
	Key []string
	// KeyType says the types of the key's parts (see package lookup) where the database's are not the ones that are
	// meant. Defaults to the types of the statement's parameters on PostgreSQL, to those of the result's key columns on
	// MySQL, and to their declared types on SQLite.
	KeyType []string
	// Many makes a list of a key's rows. Without it a second row fails the key.
	Many bool
}

// Lookup prepares a query and so finds what is wrong with it: the statement, a table, a column, a right, a key column.
// Such an error is fatal by stages.ClassOf; it names the stage, and says what the database said and where in the
// statement. An error that is not fatal means that the database could not be asked.
func (db *DB) Lookup(ctx context.Context, q Query) (*Lookup, error) {
	if q.Name == "" {
		q.Name = "lookup"
	}
	l := &Lookup{db: db, query: q, learning: learning{turn: make(chan struct{}, 1)}}
	if err := l.prepare(ctx); err != nil {
		return nil, fmt.Errorf("stage %s: %w", q.Name, err)
	}
	return l, nil
}

func (l *Lookup) prepare(ctx context.Context) (err error) {
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
func (l *Lookup) describe(ctx context.Context) (*prepared, error) {
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
