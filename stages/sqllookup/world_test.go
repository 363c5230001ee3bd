package sqllookup_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/lookuptest"
	"github.com/loaderline/loaderline/stages/sqllookup"
	"github.com/loaderline/loaderline/testenv"
)

// database is a database of a test's own, with a way in that writes.
type database struct {
	driver string
	dsn    string
	exec   func(tb testing.TB, statement string, args ...any)
}

func newPostgres(tb testing.TB) database {
	tb.Helper()
	return postgresAt(testenv.Postgres(tb))
}

func postgresAt(dsn string) database {
	return database{driver: sqllookup.Postgres, dsn: dsn, exec: func(tb testing.TB, statement string, args ...any) {
		tb.Helper()
		ctx := context.WithoutCancel(tb.Context()) // Cleanups come here too.
		conn, err := pgx.Connect(ctx, dsn)
		if err != nil {
			tb.Fatal(err)
		}
		defer func() { _ = conn.Close(ctx) }()
		if _, err := conn.Exec(ctx, statement, args...); err != nil {
			tb.Fatalf("%.100s: %v", statement, err)
		}
	}}
}

func newSQLite(tb testing.TB) database {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "100% #1.db")
	escaped := strings.NewReplacer("%", "%25", "#", "%23").Replace(file)
	db, err := sql.Open("sqlite", "file:"+escaped+"?mode=rwc&_pragma=journal_mode(wal)&_pragma=busy_timeout(30000)")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	return database{driver: sqllookup.SQLite, dsn: file, exec: func(tb testing.TB, statement string, args ...any) {
		tb.Helper()
		if _, err := db.ExecContext(tb.Context(), statement, args...); err != nil {
			tb.Fatalf("%.100s: %v", statement, err)
		}
	}}
}

// open opens what is configured for the database, and closes it with the test.
func (d database) open(tb testing.TB, cfg sqllookup.Config) lookup.Client[sqllookup.Query] {
	tb.Helper()
	cfg.Driver, cfg.DSN = d.driver, lookup.Secret(d.dsn)
	db, err := sqllookup.Open(tb.Context(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return db
}

func (d database) lookup(tb testing.TB, q sqllookup.Query) lookupext.Database {
	tb.Helper()
	return prepare(tb, d.open(tb, sqllookup.Config{}), q)
}

// typed is a lookup by a key of a type.
func (d database) typed(tb testing.TB, q sqllookup.Query, keyType string) lookupext.Database {
	tb.Helper()
	l := d.lookup(tb, q)
	if got := l.Types(); len(got) != 1 || got[0].String() != keyType {
		tb.Errorf("the key types are %v, want %s", got, keyType)
	}
	return l
}

func prepare(tb testing.TB, db lookup.Client[sqllookup.Query], q sqllookup.Query) lookupext.Database {
	tb.Helper()
	l, err := db.Lookup(tb.Context(), q)
	if err != nil {
		tb.Fatal(err)
	}
	return l.(lookupext.Database)
}

// load asks for keys and returns the batch, which no error ended.
func load(tb testing.TB, s lookupext.Source, keys ...lookup.Key) *stages.Batch[lookup.Key, []byte] {
	tb.Helper()
	b := stages.NewBatch[lookup.Key, []byte](keys)
	if err := s.Load(tb.Context(), b); err != nil {
		tb.Fatal(err)
	}
	return b
}

// fill makes the table of a conformance world.
func (d database) fill(tb testing.TB, keyType string, w lookuptest.World) {
	tb.Helper()
	d.exec(tb, "CREATE TABLE rows (id "+keyType+", seq integer, n bigint, body text)")
	d.exec(tb, "CREATE INDEX ON_ID ON rows (id)")
	const chunk = 500
	for from := 0; from < len(w.Rows); from += chunk {
		var (
			values []string
			args   []any
		)
		for i, r := range w.Rows[from:min(from+chunk, len(w.Rows))] {
			n := 4 * i
			values = append(values, fmt.Sprintf("($%d, $%d, $%d, $%d)", n+1, n+2, n+3, n+4))
			args = append(args, d.stored(r.Key, w.KeyType), from+i, r.N, r.Body)
		}
		d.exec(tb, "INSERT INTO rows (id, seq, n, body) VALUES "+strings.Join(values, ","), args...)
	}
}

// stored is a key as an argument.
func (d database) stored(key lookup.Key, keyType string) any {
	text := string(lookupkey.AppendText(nil, key))
	switch keyType {
	case "smallint", "integer", "bigint":
		n, _ := strconv.ParseInt(text, 10, 64)
		return n
	case "boolean":
		return text == "true"
	case "date", "timestamp", "timestamptz":
		if d.driver == sqllookup.Postgres {
			at, err := time.Parse(map[string]string{
				"date": "2006-01-02", "timestamp": "2006-01-02T15:04:05", "timestamptz": time.RFC3339,
			}[keyType], text)
			if err != nil {
				panic(err)
			}
			return at
		}
	default:
	}
	return text
}
