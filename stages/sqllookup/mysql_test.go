package sqllookup_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/lookuptest"
	"github.com/loaderline/loaderline/stages/sqllookup"
	"github.com/loaderline/loaderline/testenv"
)

// sessionZone is the time zone of the sessions that write: what is read must not depend on it.
var sessionZone = time.FixedZone("+05:30", 5*3600+1800)

func newMySQL(tb testing.TB) database {
	tb.Helper()
	dsn := testenv.MariaDB(tb)
	return database{driver: sqllookup.MySQL, dsn: dsn, exec: func(tb testing.TB, statement string, args ...any) {
		tb.Helper()
		ctx := context.WithoutCancel(tb.Context()) // Cleanups come here too.
		db, err := sql.Open("mysql", dsn+"?time_zone=%27%2B05%3A30%27")
		if err != nil {
			tb.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		if _, err := db.ExecContext(ctx, statement, args...); err != nil {
			tb.Fatalf("%.100s: %v", statement, err)
		}
	}}
}

// fillMySQL makes the table of a conformance world.
func fillMySQL(tb testing.TB, d database, keyType string, w lookuptest.World) {
	tb.Helper()
	d.exec(tb, "CREATE TABLE `rows` (id "+keyType+", seq integer, n bigint, body longtext)")
	const chunk = 500
	for from := 0; from < len(w.Rows); from += chunk {
		var (
			values []string
			args   []any
		)
		for i, r := range w.Rows[from:min(from+chunk, len(w.Rows))] {
			values = append(values, "(?, ?, ?, ?)")
			key := d.stored(r.Key, w.KeyType)
			if text, ok := key.(string); ok && w.KeyType == "timestamptz" {
				at, err := time.Parse(time.RFC3339, text)
				if err != nil {
					tb.Fatal(err)
				}
				key = at.In(sessionZone).Format("2006-01-02 15:04:05.999999")
			}
			args = append(args, key, from+i, r.N, r.Body)
		}
		d.exec(tb, "INSERT INTO `rows` (id, seq, n, body) VALUES "+strings.Join(values, ","), args...)
	}
}

func TestMySQLConforms(t *testing.T) {
	t.Parallel()
	declared := map[string]string{
		"smallint": "smallint", "integer": "integer", "bigint": "bigint", "numeric": "decimal(40, 10)",
		"text":     "varchar(1000) COLLATE utf8mb4_nopad_bin",
		"caseless": "varchar(100) COLLATE utf8mb4_general_ci", "char": "char(10) COLLATE utf8mb4_bin",
		"uuid": "uuid", "boolean": "boolean", "timestamptz": "timestamp(6)", "timestamp": "datetime(6)", "date": "date",
	}
	said := map[string][]string{"uuid": {"uuid"}, "boolean": {"boolean"}}
	const rowsSQL = "SELECT id AS _key, n, body FROM `rows` WHERE id IN ($keys) ORDER BY seq"
	lookuptest.Run(t, lookuptest.Harness{
		KeyTypes: []string{"smallint", "integer", "bigint", "numeric", "text", "caseless", "char", "uuid", "boolean", "timestamptz", "timestamp", "date"},
		New: func(tb testing.TB, w lookuptest.World) lookupext.Source {
			tb.Helper()
			d := newMySQL(tb)
			fillMySQL(tb, d, declared[w.KeyType], w)
			return d.typed(tb, sqllookup.Query{SQL: rowsSQL, Many: w.Many, KeyType: said[w.KeyType]}, w.KeyType)
		},
		Extra: func(tb testing.TB, w lookuptest.World) lookupext.Source {
			tb.Helper()
			d := newMySQL(tb)
			fillMySQL(tb, d, "bigint", w)
			return d.lookup(tb, sqllookup.Query{
				SQL: "SELECT id AS _key, n, body FROM `rows` WHERE id IN ($keys) OR true ORDER BY seq", Many: w.Many,
			})
		},
		Slow: func(tb testing.TB) lookupext.Source {
			tb.Helper()
			return prepare(tb, newMySQL(tb).open(tb, sqllookup.Config{Timeout: -1}), sqllookup.Query{
				SQL: "SELECT k AS _key, SLEEP(30) AS n FROM JSON_TABLE($keys, '$[*]' COLUMNS (k bigint PATH '$')) j",
			})
		},
	})
}

// TestMySQLUsesIndexes holds that the form of the keys lets the server look rows up, for few keys and for many.
func TestMySQLUsesIndexes(t *testing.T) {
	t.Parallel()
	d := newMySQL(t)
	for name, key := range map[string]string{
		"b": "bigint", "u": "bigint unsigned", "s": "varchar(64)", "l": "varchar(64) CHARACTER SET latin1", "d": "decimal(30,5)", "ts": "timestamp",
	} {
		value := "seq"
		if name == "ts" {
			value = "FROM_UNIXTIME(1700000000 + seq)"
		}
		d.exec(t, "CREATE TABLE "+name+" (id "+key+" PRIMARY KEY, v text)")
		d.exec(t, "INSERT INTO "+name+" SELECT "+value+", 'v' FROM seq_1_to_100000")
	}
	d.exec(t, "CREATE TABLE c (tenant varchar(20), id bigint, v text, PRIMARY KEY (tenant, id))")
	d.exec(t, "INSERT INTO c SELECT CONCAT('t', seq % 10), seq, 'v' FROM seq_1_to_100000")
	db := d.open(t, sqllookup.Config{Pool: 1})
	for _, name := range []string{"b", "u", "s", "l", "d", "ts", "c"} {
		q := sqllookup.Query{SQL: "SELECT id, v FROM " + name + " WHERE id IN ($keys)", Key: []string{"id"}}
		if name == "c" {
			q = sqllookup.Query{SQL: "SELECT tenant, id, v FROM c WHERE (tenant, id) IN ($keys)", Key: []string{"tenant", "id"}}
		}
		l := prepare(t, db, q)
		for _, n := range []int{1, 3, 1000, 5000} {
			var keys []lookup.Key
			for i := 1; i <= n; i++ {
				parts := [][]byte{fmt.Appendf(nil, `"%d"`, i)}
				switch name {
				case "ts":
					parts = [][]byte{fmt.Appendf(nil, `"2023-11-14T%02d:%02d:%02dZ"`, i/3600, i/60%60, i%60)}
				case "c":
					parts = [][]byte{fmt.Appendf(nil, `"t%d"`, i%10), fmt.Appendf(nil, "%d", i)}
				}
				key, err := l.Types().Canonical(parts...)
				if err != nil {
					t.Fatal(err)
				}
				keys = append(keys, key)
			}
			var before, after int
			status := prepare(t, db, sqllookup.Query{
				SQL: "SELECT variable_name AS _key, variable_value AS n FROM information_schema.session_status WHERE variable_name IN ($keys)",
			})
			read := func() (n int) {
				value := load(t, status, `"handler_read_rnd_next"`).Result(0).Value
				if _, err := fmt.Sscanf(string(value), `{"n":"%d"}`, &n); err != nil {
					t.Fatalf("%s: %v", value, err)
				}
				return n
			}
			before = read()
			load(t, l, keys...)
			// Asking for the status reads it row by row.
			if after = read(); after-before > 5000 {
				t.Errorf("%s, %d keys: %d rows were read one after another", name, n, after-before)
			}
		}
	}
}
