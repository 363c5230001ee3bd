package sqllookup_test

import (
	"testing"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/stages/lookuptest"
	"github.com/loaderline/loaderline/stages/sqllookup"
)

const rowsSQL = "SELECT id AS _key, n, body FROM rows WHERE id IN ($keys) ORDER BY seq"

func TestPostgresConforms(t *testing.T) {
	t.Parallel()
	lookuptest.Run(t, lookuptest.Harness{
		KeyTypes: []string{"smallint", "integer", "bigint", "numeric", "text", "caseless", "char", "uuid", "boolean", "timestamptz", "timestamp", "date"},
		New: func(tb testing.TB, w lookuptest.World) lookupext.Source {
			tb.Helper()
			d := newPostgres(tb)
			name := w.KeyType
			if w.KeyType == "caseless" {
				name = "citext"
				d.exec(tb, "CREATE EXTENSION citext")
			}
			if w.KeyType == "char" {
				name = "char(10)"
			}
			d.fill(tb, name, w)
			return d.typed(tb, sqllookup.Query{SQL: rowsSQL, Many: w.Many}, w.KeyType)
		},
		Extra: func(tb testing.TB, w lookuptest.World) lookupext.Source {
			tb.Helper()
			d := newPostgres(tb)
			d.fill(tb, "bigint", w)
			return d.lookup(tb, sqllookup.Query{
				SQL: "SELECT id AS _key, n, body FROM rows WHERE id = ANY($keys) OR true ORDER BY seq", Many: w.Many,
			})
		},
		Slow: func(tb testing.TB) lookupext.Source {
			tb.Helper()
			return prepare(tb, newPostgres(tb).open(tb, sqllookup.Config{Timeout: -1}), sqllookup.Query{
				SQL: "SELECT k AS _key FROM unnest($keys::bigint[]) k, pg_sleep(30)",
			})
		},
	})
}

func TestSQLiteConforms(t *testing.T) {
	t.Parallel()
	declared := map[string]string{
		"bigint": "INTEGER", "numeric": "NUMERIC", "text": "TEXT", "uuid": "UUID", "boolean": "BOOLEAN",
	}
	lookuptest.Run(t, lookuptest.Harness{
		KeyTypes: []string{"bigint", "numeric", "text", "uuid", "boolean"},
		New: func(tb testing.TB, w lookuptest.World) lookupext.Source {
			tb.Helper()
			d := newSQLite(tb)
			name := declared[w.KeyType]
			d.fill(tb, name, w)
			return d.typed(tb, sqllookup.Query{SQL: rowsSQL, Many: w.Many}, w.KeyType)
		},
		Extra: func(tb testing.TB, w lookuptest.World) lookupext.Source {
			tb.Helper()
			d := newSQLite(tb)
			d.fill(tb, "INTEGER", w)
			return d.lookup(tb, sqllookup.Query{
				SQL: "SELECT id AS _key, n, body FROM rows WHERE id IN ($keys) OR true ORDER BY seq", Many: w.Many,
			})
		},
		Slow: func(tb testing.TB) lookupext.Source {
			tb.Helper()
			d := newSQLite(tb)
			d.exec(tb, "CREATE TABLE any (id INTEGER)")
			return d.lookup(tb, sqllookup.Query{KeyType: []string{"bigint"}, SQL: `
				SELECT value AS _key, (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n) AS n
				FROM json_each($keys)`})
		},
	})
}
